//! TLS over a stream: whom to trust, and what to do if a server is not trusted, in words. Must not know what travels on the
//! stream.

use std::io::Error;
use std::path::Path;
use std::sync::Arc;

use rustls::{CertificateError, ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Why a stream cannot be encrypted.
#[derive(Debug)]
pub(super) enum TlsError {
    /// The connection broke: worth another try.
    Broken(Error),
    /// The server is not trusted, or does not speak TLS: why, and the next step.
    Untrusted(String),
}

/// Encrypts a stream to `host`, and checks the server's certificate by `ca_file`, or else by the system's certificates.
pub(super) async fn encrypt(
    stream: TcpStream,
    host: &str,
    ca_file: Option<&Path>,
) -> Result<TlsStream<TcpStream>, TlsError> {
    let untrusted = |reason: String| TlsError::Untrusted(reason);
    let name =
        rustls::pki_types::ServerName::try_from(host.to_owned()).map_err(|error| untrusted(error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| untrusted(error.to_string()))?
        .with_root_certificates(roots(ca_file)?)
        .with_no_client_auth();
    let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    connected.map_err(|error| match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(refusal) => untrusted(explain(refusal, host)),
        None => TlsError::Broken(error),
    })
}

fn roots(ca_file: Option<&Path>) -> Result<RootCertStore, TlsError> {
    let found = match ca_file {
        Some(file) => rustls_native_certs::load_certs_from_paths(Some(file), None),
        None => rustls_native_certs::load_native_certs(),
    };
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if !roots.is_empty() {
        return Ok(roots);
    }
    Err(TlsError::Untrusted(match (ca_file, found.errors.first()) {
        (Some(file), Some(error)) => format!("its ca_file cannot be used: {}: {error}", file.display()),
        (Some(file), None) => format!("its ca_file {} holds no certificate in PEM form", file.display()),
        (None, _) => "this system has no certificates to check it by; install the package ca-certificates".to_owned(),
    }))
}

/// Says what is wrong with a server's certificate, and what to do.
fn explain(error: &rustls::Error, host: &str) -> String {
    match error {
        rustls::Error::InvalidCertificate(reason) => explain_certificate(reason, host),
        rustls::Error::InvalidMessage(_) => {
            "it does not speak TLS at this port; use ws:// instead of wss://, or another port".to_owned()
        }
        other => format!("TLS failed: {other}"),
    }
}

fn explain_certificate(reason: &CertificateError, host: &str) -> String {
    match reason {
        CertificateError::UnknownIssuer => "this machine does not know the authority that signed its certificate. If it is \
            your team's own, name the authority's certificate in client.toml: [profiles.NAME] ca_file = \"/path/ca.pem\" \
            (or set SSL_CERT_FILE)"
            .to_owned(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired; its operator has to renew it (or the clock of this machine is wrong)".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet; is the clock of this machine right?".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("its certificate is not for {host}; use the name that the certificate was made for")
        }
        CertificateError::Revoked => "its certificate was revoked; its operator has to replace it".to_owned(),
        // The library that checks certificates does not name this case in its interface.
        CertificateError::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            "its certificate is one of an authority, as `openssl req -x509` makes it, and no server may use it. Its operator \
             has to make one for a server: `openssl req -x509 … -addext basicConstraints=critical,CA:FALSE`, which clients \
             then name as ca_file"
                .to_owned()
        }
        other => format!("its certificate is not accepted: {other}"),
    }
}
