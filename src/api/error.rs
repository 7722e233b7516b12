//! Why a question has no answer.

use crate::data::DataError;
use crate::delivery::DeliveryError;
use crate::email::EmailError;
use crate::project::{ChoiceError, KeysError, ProjectError, SelectError};

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// There is no project to ask.
    #[error("the project cannot be opened")]
    NoProject,
    /// The project's data or keys.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// The database failed.
    #[error(transparent)]
    Data(#[from] DataError),
    /// There is no such email.
    #[error(transparent)]
    Email(#[from] EmailError),
    /// Nobody to render for.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// The message cannot be built.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// The address asks for what only the command line gives.
    #[error("'{0}' is for the command line: a page reads no files for whoever asks")]
    Refused(String),
    /// A time that cannot be read.
    #[error(
        "'{0}' is no time; write one like 2026-11-20T18:00:00Z, 2026-11-20T18:00 or 2026-11-20"
    )]
    Time(String),
    /// There is nothing at this address.
    #[error("there is nothing here")]
    Nothing,
    /// A render ended in a way that it must not.
    #[error("the render was broken off; this is a mistake in letterpress")]
    Broken,
}

impl From<SelectError> for ApiError {
    fn from(error: SelectError) -> ApiError {
        ApiError::Choice(ChoiceError::Select(error))
    }
}

impl From<KeysError> for ApiError {
    fn from(error: KeysError) -> ApiError {
        ApiError::Project(error.into())
    }
}

impl ApiError {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            ApiError::Refused(_)
            | ApiError::Time(_)
            | ApiError::Choice(
                ChoiceError::Select(SelectError::Unreadable(..)) | ChoiceError::NoPerson,
            ) => 400,
            ApiError::Nothing
            | ApiError::Email(EmailError::Unknown { .. })
            | ApiError::Choice(
                ChoiceError::Select(SelectError::NotFound { .. }) | ChoiceError::NoFixture { .. },
            ) => 404,
            // The project is broken, not the server: the page shows what is wrong.
            ApiError::NoProject
            | ApiError::Project(_)
            | ApiError::Data(_)
            | ApiError::Email(_)
            | ApiError::Choice(_)
            | ApiError::Delivery(_) => 422,
            ApiError::Broken => 500,
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<&str> {
        match self {
            ApiError::Choice(error) => error.help(),
            _ => None,
        }
    }
}
