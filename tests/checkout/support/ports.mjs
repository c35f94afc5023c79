/** Ports that nobody listens on. */
import { createServer } from "node:net";

/** Below those that the kernel hands to connections (ip(7)): they must still be free when they are served. */
export async function freePorts(count) {
  const found = new Set();
  while (found.size < count) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    const isFree = await new Promise((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (isFree) found.add(port);
  }
  return [...found];
}
