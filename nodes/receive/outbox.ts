// An account's deliveries to Node-RED's thread. Their number is limited so that a busy thread does not accumulate them.
import { TurnBatch } from "../util/turn-batch";

/** Reports the outcome of a delivery: whether a node received it. */
type Done = (handed: boolean) => void;

interface Waiting {
  readonly json: string;
  readonly done: Done;
}

/** How many deliveries one message has. With more, each thread would wait while the other one works. */
const mostAtOnce = 32;

/** Numbers deliveries, and sends those of one turn of the event loop together. */
export class Sender {
  readonly #texts: TurnBatch<string>;
  readonly #done = new Map<number, Done>();
  #last = 0;

  /** @param post sends the JSON of an array of DeliveryTuple */
  constructor(post: (text: string) => void) {
    this.#texts = new TurnBatch((texts) => post(`[${texts.join(",")}]`), mostAtOnce);
  }

  /** Sends a delivery. @param json its tuple as JSON without the number and the opening bracket */
  send(json: string, done: Done): void {
    this.#last += 1;
    this.#done.set(this.#last, done);
    this.#texts.add(`[${this.#last},${json}`);
  }

  /** Settles deliveries by what Node-RED's thread reports. */
  settle(numbers: readonly number[], handed: boolean): void {
    for (const number of numbers) {
      const done = this.#done.get(number);
      this.#done.delete(number);
      done?.(handed);
    }
  }
}

/** The deliveries of one account. */
export class Outbox {
  readonly #sender: Sender;
  readonly #limit: number;
  readonly #onRoom: () => void;
  readonly #waiting: Waiting[] = [];
  #underWay = 0;
  #full = false;

  /**
   * @param onRoom called when there is room again after the outbox was full
   * @param limit maximum number of deliveries in progress
   */
  constructor(sender: Sender, onRoom: () => void, limit = 256) {
    this.#sender = sender;
    this.#limit = limit;
    this.#onRoom = onRoom;
  }

  /** How many deliveries may be sent now; further ones wait. */
  get room(): number {
    const room = Math.max(0, this.#limit - this.#underWay - this.#waiting.length);
    this.#full ||= room === 0;
    return room;
  }

  /** Sends a delivery as soon as there is room. `kept` is JSON text. */
  send(
    account: string,
    node: string,
    kind: "h" | "d" | "t",
    token: string,
    delivery: number,
    kept: string,
    done: Done,
  ) {
    const head = JSON.stringify([account, node, kind, token, delivery]);
    const one = { json: `${head.slice(1, -1)},${kept}]`, done };
    if (this.#underWay < this.#limit) this.#post(one);
    else this.#waiting.push(one);
  }

  #post({ json, done }: Waiting): void {
    this.#underWay += 1;
    this.#sender.send(json, (handed) => {
      this.#underWay -= 1;
      const next = this.#waiting.shift();
      if (next !== undefined) this.#post(next);
      else if (this.#full && this.#underWay <= this.#limit / 2) {
        this.#full = false;
        this.#onRoom();
      }
      done(handed);
    });
  }
}
