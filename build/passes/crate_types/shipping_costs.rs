//! Prices in kroner, the only amounts that are not whole øre.
//!
//! The generator would make floats of them. A type that holds whole øre loses nothing.

use serde_json::{Map, Value, json};

use super::super::super::document::{Document, SCHEMA_REF, schema_ref, text};
use super::super::super::error::Error;
use super::super::LIMITS;

/// The component that stands for a price in kroner with decimals.
pub(super) const COMPONENT: &str = "Kroner";

/// Property names, without case, hyphens and underscores.
const NAMES: [&str; 1] = ["shippingcost"];

/// The path of the API whose shipping costs are integers of minor units, as all its amounts are.
const MINOR_UNITS: &str = "/epayment/";

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    if document.has_paths_under(MINOR_UNITS) {
        return Ok(());
    }
    let numbers: Vec<String> = document
        .schemas()
        .filter(|(_, schema)| is_number(schema))
        .map(|(name, _)| name.clone())
        .collect();
    let mut replaced = Vec::new();
    let mut used = false;
    document.each_schema(|_, schema| {
        let Some(Value::Object(properties)) = schema.get_mut("properties") else {
            return Vec::new();
        };
        let changes = price(properties, &numbers, &mut replaced);
        used |= !changes.is_empty();
        changes
    });
    if !used {
        return Ok(());
    }
    // A component without a reference would become a type without a use.
    let whole = document.root.to_string();
    replaced.retain(|name| !whole.contains(&format!("\"{SCHEMA_REF}{name}\"")));
    let schemas = document.schemas_mut();
    schemas.retain(|name, _| !replaced.contains(name));
    let schema = json!({ "type": "number", "description": "A price in kroner, with decimals." });
    schemas.insert(COMPONENT.to_owned(), schema);
    Ok(())
}

fn price(
    properties: &mut Map<String, Value>,
    numbers: &[String],
    replaced: &mut Vec<String>,
) -> Vec<String> {
    let mut changes = Vec::new();
    for (name, property) in properties.iter_mut() {
        let bare = name.replace(['-', '_'], "").to_lowercase();
        let target = schema_ref(property).map(str::to_owned);
        let fits =
            is_number(property) || target.as_ref().is_some_and(|name| numbers.contains(name));
        if !NAMES.contains(&bare.as_str()) || !fits {
            continue;
        }
        let mut kroner = json!({ "$ref": format!("{SCHEMA_REF}{COMPONENT}") });
        // The pass docs keeps a description beside a reference, and the JSON Schema reads the limits.
        for kept in ["description", LIMITS] {
            if let Some(value) = property.get(kept) {
                kroner[kept] = value.clone();
            }
        }
        *property = kroner;
        replaced.extend(target);
        changes.push(format!("{name} is held in whole øre"));
    }
    changes
}

fn is_number(schema: &Value) -> bool {
    matches!(text(schema, "type"), Some("number" | "integer")) && schema.get("enum").is_none()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{apply as run, leaves};
    use super::*;

    const KRONER: &str = "#/components/schemas/Kroner";

    #[test]
    fn a_price_is_whole_ore_whether_it_stands_inline_or_on_its_own() {
        let document = run(
            apply,
            "components: {schemas: {A: {properties: {shippingCost: {type: number, description: d}}}, B: {properties: {ShippingCost: {$ref: '#/components/schemas/Price'}}}, Price: {type: number, format: double}}}",
        )
        .unwrap();
        let schemas = &document.root["components"]["schemas"];
        assert_eq!(
            schemas["A"]["properties"]["shippingCost"],
            json!({ "$ref": KRONER, "description": "d" })
        );
        assert_eq!(
            schemas["B"]["properties"]["ShippingCost"],
            json!({ "$ref": KRONER })
        );
        assert!(schemas["Kroner"].is_object());
        assert!(schemas["Price"].is_null(), "nothing uses it any more");
    }

    #[test]
    fn a_component_that_is_used_elsewhere_stays() {
        let document = run(
            apply,
            "components: {schemas: {A: {properties: {shippingCost: {$ref: '#/components/schemas/Price'}, weight: {$ref: '#/components/schemas/Price'}}}, Price: {type: number}}}",
        )
        .unwrap();
        let schemas = &document.root["components"]["schemas"];
        assert!(schemas["Price"].is_object());
        assert_eq!(
            schemas["A"]["properties"]["weight"],
            json!({ "$ref": "#/components/schemas/Price" })
        );
    }

    /// Reading minor units as kroner would multiply the amounts by 100.
    #[test]
    fn minor_units_of_epayment_stay() {
        leaves(
            apply,
            "{paths: {/epayment/v1/payments: {}}, components: {schemas: {A: {properties: {shippingCost: {type: integer}}}}}}",
        );
    }

    #[test]
    fn other_numbers_and_other_kinds_of_cost_stay() {
        leaves(
            apply,
            "components: {schemas: {A: {properties: {amount: {type: integer}, shippingCost: {type: object}}}}}",
        );
        leaves(
            apply,
            "components: {schemas: {A: {properties: {shippingCost: {$ref: '#/components/schemas/P'}}}, P: {type: object}}}",
        );
    }
}
