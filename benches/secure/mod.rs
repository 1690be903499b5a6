//! A server on loopback behind TLS, with a certificate that it makes for itself. It speaks one version of HTTP, which it
//! tells in the handshake, and counts its connections.

#![allow(dead_code, reason = "each bench uses a part")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use crate::peers::answers::{CAPTURED, DETAILS, INITIATED, ONE_TIME_QR};
use crate::peers::server::{runtime, token_body};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    Http1,
    Http2,
}

impl Version {
    fn alpn(self) -> &'static [u8] {
        match self {
            Self::Http1 => b"http/1.1",
            Self::Http2 => b"h2",
        }
    }
}

/// Stops with the process.
#[derive(Debug)]
pub(crate) struct Secure {
    address: SocketAddr,
    certificate: Vec<u8>,
    connections: Arc<AtomicU64>,
}

impl Secure {
    pub(crate) fn start(version: Version) -> Self {
        let names = [Ipv4Addr::LOCALHOST.to_string()];
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(names).expect("a certificate");
        let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions of TLS")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key.into())
            .expect("a key that fits its certificate");
        config.alpn_protocols = vec![version.alpn().to_vec()];

        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        listener.set_nonblocking(true).expect("a socket");
        let connections = Arc::new(AtomicU64::new(0));
        let serve = accept(listener, Arc::new(config), version, connections.clone());
        std::thread::spawn(move || runtime().block_on(serve));
        Self {
            address,
            certificate: cert.der().to_vec(),
            connections,
        }
    }

    /// How many connections there have been whose handshake was done.
    pub(crate) fn connections(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn base(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Its certificate as a file would hold it.
    pub(crate) fn pem(&self) -> String {
        let text = base64::Engine::encode(&STANDARD, &self.certificate);
        let mut lines = vec!["-----BEGIN CERTIFICATE-----"];
        let (mut rest, mut line);
        rest = text.as_str();
        while !rest.is_empty() {
            (line, rest) = rest.split_at(rest.len().min(64));
            lines.push(line);
        }
        lines.push("-----END CERTIFICATE-----\n");
        lines.join("\n")
    }

    /// A client that trusts this server and nobody else.
    pub(crate) fn client(&self) -> reqwest::ClientBuilder {
        let certificate = reqwest::Certificate::from_der(&self.certificate).expect("a certificate");
        reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([certificate])
    }
}

async fn accept(
    listener: std::net::TcpListener,
    config: Arc<ServerConfig>,
    version: Version,
    connections: Arc<AtomicU64>,
) {
    let listener = TcpListener::from_std(listener).expect("a runtime");
    let acceptor = TlsAcceptor::from(config);
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(
            stream,
            acceptor.clone(),
            version,
            connections.clone(),
        ));
    }
}

async fn serve(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    version: Version,
    connections: Arc<AtomicU64>,
) {
    let _ = stream.set_nodelay(true);
    let Ok(stream) = acceptor.accept(stream).await else {
        return;
    };
    connections.fetch_add(1, Ordering::SeqCst);
    let spoken = stream.get_ref().1.alpn_protocol();
    assert_eq!(spoken, Some(version.alpn()), "what is spoken");
    let service = service_fn(answer);
    let stream = TokioIo::new(stream);
    // A client that goes away has nothing more to say.
    let _ = match version {
        Version::Http1 => {
            hyper::server::conn::http1::Builder::new()
                .serve_connection(stream, service)
                .await
        }
        Version::Http2 => {
            hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .max_concurrent_streams(1_000)
                .serve_connection(stream, service)
                .await
        }
    };
}

async fn answer(request: Request<Incoming>) -> hyper::Result<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    body.collect().await?;
    let path = head.uri.path();
    let text = if path.ends_with("/details") {
        DETAILS.into()
    } else if path.ends_with("/capture") {
        CAPTURED.into()
    } else if path.ends_with("/payments") {
        INITIATED.into()
    } else if path == "/qr/v1" {
        ONE_TIME_QR.into()
    } else if path == "/accesstoken/get" {
        token_body(86_400).into()
    } else {
        panic!("no such call: {path}")
    };
    let mut response = Response::new(Full::new(text));
    let json = http::HeaderValue::from_static("application/json");
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, json);
    Ok(response)
}
