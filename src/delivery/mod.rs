use crate::email::Rendered;
pub fn eml(mail: &Rendered) -> Result<Vec<u8>, std::fmt::Error> {
    Ok(mail.html.clone().into_bytes())
}
