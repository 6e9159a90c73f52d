import { execFileSync } from "node:child_process";
import { createHash, createPublicKey } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { RequestListener, Server } from "node:http";
import {
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import compression from "compression";
import { server as superstatic } from "superstatic";

export const OUT = fileURLToPath(new URL("../out", import.meta.url));

export interface Served {
  readonly url: string;
  /** Stop the server and close its connections. */
  close(): Promise<void>;
}

/**
 * Serve a build with superstatic, the server of the Firebase Hosting emulator.
 *
 * @param folder - The build. Its files may change while it is served.
 * @param port - 0 for a free port.
 * @returns The server, its request listener `app`, and `sent`: the paths of the responses in order, without those whose
 * ETag the browser already has. Firebase Hosting answers these with 304; superstatic sends them again.
 */
export async function serve(
  folder: string,
  { port = 0 } = {},
): Promise<Served & { readonly app: RequestListener; readonly sent: readonly string[] }> {
  const { hosting } = JSON.parse(readFileSync(new URL("../../firebase.json", import.meta.url), "utf8")) as {
    hosting: object;
  };
  const app = superstatic({
    config: { ...hosting, public: folder },
    cwd: "/",
    errorPage: `${folder}/404.html`,
    hostname: "127.0.0.1",
    port,
  });
  const server = await new Promise<Server>((resolve) => {
    const listening: Server = app.listen(() => resolve(listening));
  });
  const sent: string[] = [];
  server.on("request", ({ headers, url = "" }, response) => {
    response.on("finish", () => {
      if (response.getHeader("etag") !== headers["if-none-match"]) sent.push(url);
    });
  });
  return {
    app,
    sent,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Middleware = (request: Http2ServerRequest, response: Http2ServerResponse, next?: () => void) => void;

/**
 * Serve a build over HTTP/2 with Brotli, as Firebase Hosting does. Browsers accept both over TLS only. Firebase Hosting
 * compresses every file, including the weights (https://github.com/firebase/firebase-tools/issues/4119).
 *
 * @returns The server and `trust`, a Chromium argument that accepts the self-signed certificate. Without it, Chromium does
 * not cache the files.
 */
export async function serveHttp2(folder: string): Promise<Served & { readonly trust: string }> {
  // Superstatic's server supports HTTP/1.1 only, but its request listener works with HTTP/2.
  const identity = createCertificate();
  const inner = await serve(folder);
  const app = inner.app as unknown as Middleware;
  const compress = compression({ filter: () => true }) as unknown as Middleware;
  const server = createSecureServer(identity, (request, response) => {
    compress(request, response, () => app(request, response));
  });
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const spki = createPublicKey(identity.cert).export({ type: "spki", format: "der" });
  return {
    trust: `--ignore-certificate-errors-spki-list=${createHash("sha256").update(spki).digest("base64")}`,
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
      await inner.close();
    },
  };
}

/** Create a self-signed certificate for 127.0.0.1. */
function createCertificate(): { readonly key: Buffer; readonly cert: Buffer } {
  const folder = mkdtempSync(`${tmpdir()}/certificate-`);
  try {
    const [key, cert] = [`${folder}/key.pem`, `${folder}/cert.pem`];
    execFileSync(
      "openssl",
      `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=127.0.0.1 -keyout ${key} -out ${cert}`.split(
        " ",
      ),
      { stdio: "pipe" },
    );
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
