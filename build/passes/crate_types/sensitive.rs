//! Secrets and personal data.
//!
//! The generator derives `Debug` for every type. A type that redacts itself keeps them out of
//! logs.

use serde_json::{Map, Value, json};

use super::super::super::document::{Document, SCHEMA_REF, is_string, text};
use super::super::super::error::Error;
use super::super::LIMITS;

/// The component that stands for text which is never printed.
pub(super) const COMPONENT: &str = "Sensitive";

/// Names of properties that must not be printed, without case, hyphens and underscores.
const NAMES: [&str; 51] = [
    // Secrets.
    "accesstoken",
    "authtoken",
    "authorization",
    "callbackauthorizationtoken",
    "clientsecret",
    "customertoken",
    "idtoken",
    "password",
    "personalqr",
    "qrcode",
    "refreshtoken",
    "secret",
    "subscriptionkey",
    "token",
    // Personal data.
    "accountname",
    "accountnumber",
    "addressline1",
    "addressline2",
    "bankname",
    "birthdate",
    "cardbin",
    "city",
    "customerphonenumber",
    "dateofbirth",
    "email",
    "emailaddress",
    "familyname",
    "firstname",
    "formatted",
    "formattedaddress",
    "fullname",
    "givenname",
    "lastname",
    "mobilenumber",
    "msisdn",
    "nationalidentitynumber",
    "nin",
    "passengername",
    "phone",
    "phonenumber",
    "postalcode",
    "postcode",
    "region",
    "sid",
    "ssn",
    "streetaddress",
    "street",
    "sub",
    "userid",
    "zip",
    "zipcode",
];

/// Names that are sensitive in one API alone, with the path of the API.
///
/// The `redirectUrl` of ePayment contains the token of the payment, and that of a QR code is printed on purpose. A `name`
/// is a person's in a profile, and a field's or a product's elsewhere.
const NAMES_OF_ONE_API: [(&str, &str); 2] = [
    ("/epayment/", "redirecturl"),
    ("/vipps-userinfo-api/", "name"),
];

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    let mut names = NAMES.to_vec();
    for (path, name) in NAMES_OF_ONE_API {
        if document.has_paths_under(path) {
            names.push(name);
        }
    }
    let mut used = false;
    document.each_schema(|_, schema| {
        let Some(Value::Object(properties)) = schema.get_mut("properties") else {
            return Vec::new();
        };
        let changes = hide(properties, &names);
        used |= !changes.is_empty();
        changes
    });
    if used {
        let schema = json!({ "type": "string", "description": "Text that is never printed." });
        document.schemas_mut().insert(COMPONENT.to_owned(), schema);
    }
    Ok(())
}

fn hide(properties: &mut Map<String, Value>, names: &[&str]) -> Vec<String> {
    let mut changes = Vec::new();
    for (name, property) in properties.iter_mut() {
        if is_string(property)
            && property.get("enum").is_none()
            && is_sensitive(name, property, names)
        {
            let mut hidden = json!({ "$ref": format!("{SCHEMA_REF}{COMPONENT}") });
            // The pass docs keeps a description beside a reference, and the JSON Schema reads the limits.
            for kept in ["description", LIMITS] {
                if let Some(value) = property.get(kept) {
                    hidden[kept] = value.clone();
                }
            }
            *property = hidden;
            changes.push(format!("{name} is never printed"));
        }
    }
    changes
}

fn is_sensitive(name: &str, property: &Value, names: &[&str]) -> bool {
    let bare = name.replace(['-', '_'], "").to_lowercase();
    names.contains(&bare.as_str()) || (bare == "url" && leads_to_payment(property))
}

/// Returns whether the link leads to the payment. Links to images are public.
fn leads_to_payment(property: &Value) -> bool {
    let changes = ["description", "example"].map(|key| text(property, key).unwrap_or_default());
    let changes = changes.join(" ").to_lowercase();
    ["landing page", "landing-page", "deeplink", "deep link"]
        .iter()
        .any(|words| changes.contains(words))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{apply as run, leaves};
    use super::*;

    #[test]
    fn listed_names_are_hidden_whatever_their_spelling() {
        let document = run(
            apply,
            "components: {schemas: {A: {properties: {access_token: {type: string}, Mobile-Number: {type: string}, orderId: {type: string}}}}}",
        )
        .unwrap();
        let schemas = &document.root["components"]["schemas"];
        let hidden = json!({ "$ref": "#/components/schemas/Sensitive" });
        assert_eq!(schemas["A"]["properties"]["access_token"], hidden);
        assert_eq!(schemas["A"]["properties"]["Mobile-Number"], hidden);
        assert_eq!(
            schemas["A"]["properties"]["orderId"],
            json!({ "type": "string" })
        );
        assert!(schemas["Sensitive"].is_object());
    }

    #[test]
    fn a_link_is_hidden_when_it_leads_to_a_payment() {
        let document = run(
            apply,
            "components: {schemas: {A: {properties: {url: {type: string, example: 'https://x/deeplink/?token=e'}}}, B: {properties: {url: {type: string, description: Link to the landing page}}}, C: {properties: {url: {type: string, description: Link to an image, example: 'https://x/qr.png?token=e'}}}}}",
        )
        .unwrap();
        assert_eq!(document.notes.len(), 2);
    }

    #[test]
    fn names_of_one_api_are_hidden_there_alone() {
        const FRAGMENT: &str = "{paths: {/x/v1: {}}, components: {schemas: {A: {properties: {redirectUrl: {type: string}}}}}}";
        let document = run(apply, &FRAGMENT.replace("/x/", "/epayment/")).unwrap();
        assert_eq!(document.notes.len(), 1);
        leaves(apply, &FRAGMENT.replace("/x/", "/qr/"));
    }

    #[test]
    fn what_is_not_text_stays() {
        leaves(
            apply,
            "components: {schemas: {A: {properties: {token: {type: object}, email: {type: boolean}}}}}",
        );
    }
}
