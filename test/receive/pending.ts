// Counts what an account would still deliver, from its store on disk.
import { Store } from "../../nodes/delivery/store";
import { ReplayCache } from "../../nodes/receive/replay-cache";

/** The number of pending entries in an account's store. No Node-RED may use it. */
export async function pendingIn(folder: string): Promise<number> {
  const keepers = [new ReplayCache({ toleranceMs: 0 })];
  const store = await Store.open({ folder, owner: "test", keepers, redeliverAfterMs: 1000, maxDeliveries: 1 });
  const pending = store?.spool.pending ?? 0;
  store?.close();
  return pending;
}
