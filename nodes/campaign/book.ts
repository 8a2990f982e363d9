// The data that the campaigns of one account share: how often each number was dialled in the last 24 hours, and which
// task belongs to which campaign.

const day = 86_400_000;
/** The number of dials between two clean-ups. */
const dialsPerSweep = 50_000;

/** Dials of the last 24 hours by number key (entries.ts). Older ones are dropped. */
export class DialBook {
  /** One moment for most numbers, a list for those that were dialled several times. Ms since 1970. */
  readonly #dials = new Map<string, number | number[]>();
  #sinceSweep = 0;

  /**
   * How often a number was dialled in the 24 hours before a moment. A dial in the future, after a clock was set back,
   * counts.
   */
  count(key: string, now: number): number {
    const found = this.#dials.get(key);
    if (found === undefined) return 0;
    if (typeof found === "number") return found > now - day ? 1 : 0;
    return found.filter((at) => at > now - day).length;
  }

  /** Records a dial. The moment must not be older than a day. */
  add(key: string, at: number): void {
    const found = this.#dials.get(key);
    if (found === undefined) this.#dials.set(key, at);
    else if (typeof found === "number") this.#dials.set(key, [found, at]);
    else found.push(at);
    this.#sinceSweep += 1;
    if (this.#sinceSweep >= dialsPerSweep) this.#sweep(at);
  }

  /** Removes a dial whose command was not carried out. */
  remove(key: string, at: number): void {
    const found = this.#dials.get(key);
    if (found === at) this.#dials.delete(key);
    else if (Array.isArray(found) && found.includes(at)) found.splice(found.indexOf(at), 1);
  }

  #sweep(now: number): void {
    this.#sinceSweep = 0;
    for (const [key, found] of this.#dials) {
      const kept = (typeof found === "number" ? [found] : found).filter((at) => at > now - day);
      const [only] = kept;
      if (only === undefined) this.#dials.delete(key);
      else this.#dials.set(key, kept.length === 1 ? only : kept);
    }
  }
}

/**
 * The tasks of an account's campaigns. CallTaskQuery returns some task of an agent. A campaign that lost the answer to
 * its create may use that task only if no other campaign can have created it.
 */
export class TaskBook {
  readonly #owners = new Map<string, string>();
  /** By agent: the creates whose task is not known. */
  readonly #doubts = new Map<string, Set<string>>();

  /** A create is sent. @param owner names the campaign and its task */
  doubt(agent: string, owner: string): void {
    const doubts = this.#doubts.get(agent) ?? new Set();
    doubts.add(owner);
    this.#doubts.set(agent, doubts);
  }

  /** The create has failed, or its task is known. */
  clear(agent: string, owner: string): void {
    const doubts = this.#doubts.get(agent);
    doubts?.delete(owner);
    if (doubts?.size === 0) this.#doubts.delete(agent);
  }

  /** A task is known to belong to an owner. */
  claim(taskID: string, owner: string): void {
    this.#owners.set(taskID, owner);
  }

  /** A campaign has ended. */
  release(taskID: string): void {
    this.#owners.delete(taskID);
  }

  /** Whether the task that CallTaskQuery returns for an agent can only be the owner's. */
  canOnlyBe(agent: string, taskID: string, owner: string): boolean {
    const doubts = this.#doubts.get(agent);
    return !this.#owners.has(taskID) && doubts?.size === 1 && doubts.has(owner);
  }
}

/** The data that the campaigns of one account share. */
export interface AccountBook {
  readonly dials: DialBook;
  readonly tasks: TaskBook;
}

export const newBook = (): AccountBook => ({ dials: new DialBook(), tasks: new TaskBook() });
