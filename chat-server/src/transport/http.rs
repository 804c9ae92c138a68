//! The HTTP surface: health, metrics, and the upgrade to a WebSocket. Must not know chat frames.

use std::convert::Infallible;
use std::sync::{Arc, Once};
use std::time::Duration;

use bytes::Bytes;
use chat_proto::limits::SUBPROTOCOL;
use http_body_util::Full;
use hyper::header::{self, HeaderValue};
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::host_names::HostNames;
use super::socket;
use super::trusted_proxies::{TrustedProxies, is_forwarded};
use crate::access::Origin;
use crate::metrics;
use crate::server::Server;
use crate::tasks::Tasks;

/// Time limit for a request's head.
const HEAD_LIMIT: Duration = Duration::from_secs(10);
/// Most bytes of a request's head.
const HEAD_MAX_BYTES: usize = 16 * 1024;

type HttpResponse = Response<Full<Bytes>>;

/// The pages that a listener serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Surface {
    /// Everything; metrics only to this machine.
    Chat,
    /// Health and metrics, to everyone who reaches it.
    Metrics,
}

/// Where a connection was accepted.
#[derive(Clone, Debug)]
pub(super) struct Entrance {
    /// What is served there.
    pub surface: Surface,
    /// Its other end.
    pub origin: Origin,
    /// The proxies that may name another origin.
    pub trusted_proxies: Arc<TrustedProxies>,
    /// The names under which its pages answer.
    pub host_names: Arc<HostNames>,
}

/// A WebSocket that is about to begin, and where it comes from.
type Begun = Mutex<Option<(OnUpgrade, Origin)>>;

/// Serves one connection: plain requests, or one WebSocket.
pub(super) async fn connection<S>(stream: S, entrance: Entrance, server: Arc<Server>, tasks: Tasks)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let upgrade = Arc::<Begun>::default();
    let service = {
        let (server, upgrade) = (Arc::clone(&server), Arc::clone(&upgrade));
        service_fn(move |request| {
            let (server, upgrade) = (Arc::clone(&server), Arc::clone(&upgrade));
            let entrance = entrance.clone();
            async move {
                if let Some(refusal) = misdirected(&request, &entrance) {
                    return Ok::<_, Infallible>(refusal);
                }
                let is_own = entrance.origin.is_loopback && !is_forwarded(request.headers());
                if (is_own || entrance.surface == Surface::Metrics) && request.uri().path() == "/metrics" {
                    return Ok(figures(&server).await);
                }
                Ok(route(request, &entrance, &server, &upgrade))
            }
        })
    };
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT).max_buf_size(HEAD_MAX_BYTES);
    let serving = Box::pin(builder.serve_connection(TokioIo::new(stream), service).with_upgrades());
    let served = tokio::select! {
        served = serving => served,
        // Connections kept open for later requests are not waited for.
        () = tasks.stopping() => return,
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a request could not be served");
    }
    let begun = upgrade.lock().take();
    let Some((upgraded, origin)) = begun else { return };
    let Ok(upgraded) = upgraded.await else { return };
    // The stream itself leaves hyper, with the bytes read beyond the request.
    if let Ok(parts) = upgraded.downcast::<TokioIo<S>>() {
        // Copies the few bytes there may be: their buffer of 8 KiB would live as long as the connection.
        let read_ahead = parts.read_buf.to_vec();
        drop(parts.read_buf);
        // Boxed: connections stay open for days, and should not keep this large future's space.
        Box::pin(socket::run(parts.io.into_inner(), read_ahead, origin, server, tasks)).await;
    }
}

fn route(
    mut request: Request<hyper::body::Incoming>,
    entrance: &Entrance,
    server: &Server,
    upgrade: &Begun,
) -> HttpResponse {
    match request.uri().path() {
        "/healthz" => text(StatusCode::OK, "ok\n"),
        "/readyz" => readiness(server),
        _ if entrance.surface == Surface::Metrics => {
            text(StatusCode::NOT_FOUND, "Here are /metrics, /healthz and /readyz.\n")
        }
        _ => match handshake(&request) {
            Ok(answer) => {
                if entrance.origin.is_loopback && is_forwarded(request.headers()) {
                    warn_of_proxy(&entrance.trusted_proxies);
                }
                let origin = entrance.trusted_proxies.origin(entrance.origin, request.headers());
                *upgrade.lock() = Some((hyper::upgrade::on(&mut request), origin));
                answer
            }
            Err(answer) => *answer,
        },
    }
}

/// The answer to a request for a page for operators under a name that is not the server's. No browser reaches a Unix socket.
fn misdirected(request: &Request<hyper::body::Incoming>, entrance: &Entrance) -> Option<HttpResponse> {
    let is_page = matches!(request.uri().path(), "/metrics" | "/healthz" | "/readyz");
    let is_admitted = entrance.origin.address.is_none() || entrance.host_names.admit(request.headers());
    (is_page && !is_admitted).then(|| {
        text(
            StatusCode::MISDIRECTED_REQUEST,
            "This server does not go by that name; server.host_names lists its names.\n",
        )
    })
}

/// Says once that a proxy of this machine forwards connections without being trusted.
fn warn_of_proxy(trusted_proxies: &TrustedProxies) {
    static SAID: Once = Once::new();
    if trusted_proxies.is_empty() {
        SAID.call_once(|| {
            tracing::warn!(
                "a proxy on this machine forwards connections, and all its clients count as one: name its address in \
                 server.trusted_proxies"
            );
        });
    }
}

async fn figures(server: &Server) -> HttpResponse {
    let mut answer = Response::new(Full::from(metrics::page(server).await));
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(metrics::CONTENT_TYPE));
    answer
}

/// Whether messages are accepted and every room can be read, and if not, why.
fn readiness(server: &Server) -> HttpResponse {
    let health = *server.store.health().borrow();
    let status = if health.is_whole() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    text(status, format!("{health}\n"))
}

fn text(status: StatusCode, body: impl Into<Bytes>) -> HttpResponse {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}

/// The answer to a WebSocket handshake (RFC 6455 § 4.2).
fn handshake(request: &Request<hyper::body::Incoming>) -> Result<HttpResponse, Box<HttpResponse>> {
    let headers = request.headers();
    let has = |name: header::HeaderName, word: &str| {
        let values = headers.get_all(name);
        values
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|value| value.trim().eq_ignore_ascii_case(word))
    };
    if !has(header::UPGRADE, "websocket") || !has(header::CONNECTION, "upgrade") {
        return Err(Box::new(text(
            StatusCode::NOT_FOUND,
            "This is a chat server: connect with a WebSocket, subprotocol chat.v1, or run `chat`.\n",
        )));
    }
    // Browsers name the page a request comes from. No page may act for the people of this machine.
    if headers.contains_key(header::ORIGIN) {
        return Err(Box::new(text(StatusCode::FORBIDDEN, "Web pages may not connect.\n")));
    }
    let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| has(header::SEC_WEBSOCKET_VERSION, "13"));
    let Some(key) = key else {
        let mut answer = text(StatusCode::UPGRADE_REQUIRED, "WebSocket version 13 is needed.\n");
        answer.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        return Err(Box::new(answer));
    };
    let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes()));
    let Ok(accept) = accept else { return Err(Box::new(text(StatusCode::BAD_REQUEST, "The key is malformed.\n"))) };
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let set = answer.headers_mut();
    set.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    set.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    set.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    if has(header::SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL) {
        set.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    }
    Ok(answer)
}
