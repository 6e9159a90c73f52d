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
  /** Nothing of the site can be reached afterwards. */
  close(): Promise<void>;
}

/**
 * Serve a build as Firebase Hosting would, by what its emulator is made of.
 *
 * @param folder - May change while it is served.
 * @param port - 0 for any that is free.
 * @returns With the paths of what had to be sent, in order; not of what the browser said that it has already. Hosting
 * would not send that; superstatic heeds no such word.
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
 * The same over HTTP/2, and with it Brotli, which browsers take over TLS alone: as Firebase Hosting serves it to them. It
 * sends every file, the weights too, as whatever is smallest (https://github.com/firebase/firebase-tools/issues/4119).
 * Its certificate is its own: the browser has to be started with `trust`, without which it would also cache nothing.
 */
export async function serveHttp2(folder: string): Promise<Served & { readonly trust: string }> {
  // Superstatic's server speaks HTTP/1.1 alone, but what it answers with serves both.
  const identity = certificate();
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

function certificate(): { readonly key: Buffer; readonly cert: Buffer } {
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
