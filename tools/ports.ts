// Ports of this machine.
import { createServer } from "node:net";

/** Whether nobody listens there; rejects where one can't listen for another reason. */
export function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((answer, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? answer(false) : reject(error),
    );
    server.listen(port, host, () => server.close(() => answer(true)));
  });
}
