//! How what a call gave is written down.

const SHOWN_BYTES: usize = 160;

/// In quotes, with all that is not printable as `%00`; of what is long the begin and the size.
pub fn quoted(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for &byte in bytes.iter().take(SHOWN_BYTES) {
        if (0x20..0x7f).contains(&byte) && byte != b'"' && byte != b'%' {
            text.push(byte as char);
        } else {
            text.push_str(&format!("%{byte:02x}"));
        }
    }
    text.push('"');
    if bytes.len() > SHOWN_BYTES {
        text.push_str(&format!("… of {}", bytes.len()));
    }
    text
}

pub fn fields(bytes: &[u8]) -> String {
    let Some(fields) = proxy_fields(bytes) else { return format!("not fields: {}", quoted(bytes)) };
    let list = fields.iter().map(|(name, value)| format!("{}={}", bare(name), bare(value)));
    format!("[{}]", list.collect::<Vec<_>>().join(" "))
}

fn bare(bytes: &[u8]) -> String {
    let text = quoted(bytes);
    text[1..].replacen('"', "", 1).replace(' ', "%20")
}

/// The form of header maps: count, sizes, then names and values with a zero behind each.
fn proxy_fields(bytes: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    if bytes.is_empty() {
        return Some(Vec::new());
    }
    let number = |at: usize| -> Option<usize> {
        Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize)
    };
    let count = number(0)?;
    let mut at = 4 + count.checked_mul(8)?;
    let mut fields = Vec::new();
    for index in 0..count {
        let (name_size, value_size) = (number(4 + index * 8)?, number(8 + index * 8)?);
        let name = bytes.get(at..at + name_size)?;
        let value = bytes.get(at + name_size + 1..at + name_size + 1 + value_size)?;
        at += name_size + value_size + 2;
        fields.push((name, value));
    }
    (at == bytes.len()).then_some(fields)
}

/// The same, written: of `name=value` each.
pub fn encode_fields(fields: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = (fields.len() as u32).to_le_bytes().to_vec();
    for (name, value) in fields {
        bytes.extend((name.len() as u32).to_le_bytes());
        bytes.extend((value.len() as u32).to_le_bytes());
    }
    for (name, value) in fields {
        bytes.extend(name);
        bytes.push(0);
        bytes.extend(value);
        bytes.push(0);
    }
    bytes
}
