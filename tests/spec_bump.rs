//! Runs the build pipeline over every document of a folder and tells how each fared.

#[allow(dead_code)] // the entry points are the build script's
#[path = "../build/mod.rs"]
mod build;

#[test]
fn quick() {
    let Ok(folder) = std::env::var("VIPPS_SPEC_CORPUS") else {
        return;
    };
    let mut files = Vec::new();
    for api in ["qr", "ecom", "access-token"] {
        for entry in std::fs::read_dir(format!("{folder}/{api}")).unwrap() {
            let path = entry.unwrap().path();
            files.push(if path.is_dir() {
                path.join("swagger.yaml")
            } else {
                path
            });
        }
    }
    files.sort();
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        match build::build_file(file.parent().unwrap(), name) {
            Ok(api) => {
                println!("generated {} {:?}", file.display(), api.warnings);
                if let Ok(out) = std::env::var("OUT") {
                    let n = file
                        .display()
                        .to_string()
                        .replace(&folder, "")
                        .replace(|c: char| !c.is_alphanumeric(), "_");
                    std::fs::write(format!("{out}/m{n}.rs"), api.rust).unwrap();
                }
            }
            Err(refusal) => println!("refused {refusal}"),
        }
    }
}
