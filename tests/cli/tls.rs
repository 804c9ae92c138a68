//! Servers behind TLS: a team's own authority, and certificates that are not trusted.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chat_tests::client::Home;
use chat_tests::server::Server;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate, and the certificate of the authority that signed it.
struct Certificate {
    der: CertificateDer<'static>,
    key: KeyPair,
    authority_pem: String,
}

fn authority() -> (CertificateParams, KeyPair) {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    (params, KeyPair::generate().expect("a key"))
}

/// A server's certificate for `name`, signed by an authority of its own.
fn signed_for(name: &str) -> Certificate {
    let (params, authority_key) = authority();
    let authority_pem = params.self_signed(&authority_key).expect("signed").pem();
    let issuer = Issuer::new(params, authority_key);
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
    if name == "expired.test" {
        params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    }
    let der = params.signed_by(&key, &issuer).expect("signed").der().clone();
    Certificate { der, key, authority_pem }
}

/// An authority's certificate that a server uses itself.
fn authority_as_server() -> Certificate {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let signed = params.self_signed(&key).expect("signed");
    Certificate { der: signed.der().clone(), authority_pem: signed.pem(), key }
}

/// A proxy that ends TLS in front of the server.
struct Proxy {
    address: SocketAddr,
    /// How many connections it has taken.
    connections: Arc<AtomicUsize>,
}

/// A proxy with this certificate; it runs until the test ends.
fn proxy(certificate: &Certificate, server: SocketAddr) -> Proxy {
    let key = PrivateKeyDer::try_from(certificate.key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der.clone()], key)
        .expect("a certificate with its key");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a socket");
    let address = listener.local_addr().expect("an address");
    let connections = Arc::new(AtomicUsize::new(0));
    let taken = Arc::clone(&connections);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener).expect("a socket");
            while let Ok((stream, _)) = listener.accept().await {
                taken.fetch_add(1, Ordering::SeqCst);
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut behind = TcpStream::connect(server).await.expect("it listens");
                    let _ = tokio::io::copy_bidirectional(&mut stream, &mut behind).await;
                });
            }
        });
    });
    Proxy { address, connections }
}

/// A home with a profile `work` for this server; `ca` is the content of its ca_file.
fn home(address: &str, ca: Option<&str>) -> Home {
    let home = Home::default();
    let config = home.path().join(".config/chat");
    std::fs::create_dir_all(&config).expect("a folder");
    let mut settings = format!("profile = \"work\"\n[profiles.work]\nserver = \"{address}\"\n");
    if let Some(ca) = ca {
        std::fs::write(config.join("ca.pem"), ca).expect("written");
        settings += "ca_file = \"ca.pem\"\n";
    }
    std::fs::write(config.join("client.toml"), settings).expect("written");
    home
}

#[test]
fn the_certificate_of_an_authority_of_ones_own_is_a_setting() {
    let server = Server::start();
    let certificate = signed_for("localhost");
    let address = format!("wss://localhost:{}", proxy(&certificate, server.address()).address.port());
    let home = home(&address, Some(&certificate.authority_pem));
    let output = home.pipe(&["register", "ana", "--password-stdin"], b"correct horse");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(home.output(&["send", "general", "hello"]), "general/2\n");
    assert!(home.output(&["tail", "general"]).contains("hello"));
}

#[test]
fn a_certificate_that_is_not_trusted_is_explained_at_once_with_the_next_step() {
    let server = Server::start();
    let (good, own) = (signed_for("localhost"), authority_as_server());
    let (other, expired) = (signed_for("other.test"), signed_for("expired.test"));
    for (certificate, trusted, words) in [
        (&good, None, &["does not know the authority", "ca_file"][..]),
        (&own, Some(own.authority_pem.as_str()), &["one of an authority", "CA:FALSE"]),
        (&other, Some(&other.authority_pem), &["is not for localhost"]),
        (&expired, Some(&expired.authority_pem), &["has expired"]),
        (&good, Some("not a certificate"), &["holds no certificate in PEM form"]),
    ] {
        let proxy = proxy(certificate, server.address());
        let address = format!("wss://localhost:{}", proxy.address.port());
        let output = home(&address, trusted).run(&["whoami"]);
        let talk = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{talk}");
        assert!(words.iter().all(|word| talk.contains(word)), "{words:?} in {talk}");
        assert!(!talk.contains("UnknownIssuer") && !talk.contains("OtherError"), "{talk}");
        let tries = proxy.connections.load(Ordering::SeqCst);
        assert!(tries <= 1, "a certificate does not change within seconds: {tries} connections");
    }
}

#[test]
fn a_server_without_tls_is_named_as_such() {
    let server = Server::start();
    let output = home(&format!("wss://localhost:{}", server.address().port()), None).run(&["whoami"]);
    let talk = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{talk}");
    assert!(talk.contains("does not speak TLS") && talk.contains("ws://"), "{talk}");
}
