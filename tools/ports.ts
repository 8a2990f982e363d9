// Checks ports of this machine.
import { createServer } from "node:net";

/** Whether a port is free; rejects if listening fails for another reason. */
export function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((answer, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? answer(false) : reject(error),
    );
    server.listen(port, host, () => server.close(() => answer(true)));
  });
}
