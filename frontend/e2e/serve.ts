import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
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
 */
export async function serve(folder: string, { port = 0, compression = false } = {}): Promise<Served> {
  const { hosting } = JSON.parse(readFileSync(new URL("../../firebase.json", import.meta.url), "utf8")) as {
    hosting: object;
  };
  const app = superstatic({
    config: { ...hosting, public: folder },
    cwd: "/",
    errorPage: `${folder}/404.html`,
    compression,
    hostname: "127.0.0.1",
    port,
  });
  const server = await new Promise<Server>((resolve) => {
    const listening: Server = app.listen(() => resolve(listening));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
