// The queues of the pushes: signs them, keeps the order within each queue, limits their number, retries, and gives up.
import type { Clock } from "./clock";
import type { Dialect } from "./dialects";
import type { PushFault, PushFaults } from "./faults";
import { isObject, type Json, messageOf, parseJson, textOrDigits } from "./narrow";
import { PushSender } from "./push-sender";
import type { PushToSign } from "./signing";
import { forged, type Letter, type Style, valid } from "./styles";

/** The result of one attempt to push. `error` is present if the push was not taken. */
export interface PushOutcome {
  readonly event: string;
  readonly notify: Json;
  /** 1 for the first; 0 if nothing was sent. */
  readonly attempt: number;
  /** The HTTP status, if there was an answer. */
  readonly status?: number;
  /** The answer's JSON, or its text if it is not JSON. */
  readonly answer?: unknown;
  readonly error?: string;
}

/** A push to be sent. */
export interface ToPush {
  /** Pushes with the same queue are sent in order. */
  readonly queue: string;
  readonly event: string;
  readonly notify: Json;
  readonly style?: Style;
  /** The values that it is about, whether or not it contains them, for faults that apply to some calls only. `call` identifies the call. */
  readonly about?: Json;
}

interface Job {
  readonly queue: string;
  readonly event: string;
  readonly notify: Json;
  readonly style: Style;
  readonly call: string | undefined;
  /** Signed wrongly on request. */
  readonly forge: boolean;
  /** It is sent again afterwards. */
  readonly again: { readonly seconds: number; readonly anew: boolean; readonly notify: Json } | undefined;
  readonly finish: (outcome: PushOutcome) => void;
  /** Whether sending it was cancelled. */
  forgotten: boolean;
}

/** A genuine push that was sent. */
export interface SentPush {
  readonly event: string;
  readonly notify: Json;
  readonly letter: Letter;
}

interface PushSettings {
  readonly customer: string;
  readonly password: string;
  readonly pushUrl: () => string;
  readonly pushUser: string;
  readonly pushPassword: string;
  readonly speed: number;
  readonly dialect: Pick<Dialect, "taken">;
  readonly pushPatience: number;
}

const mostAtOnce = 16;
/** Above this number of waiting pushes, tasks make no further calls until half of them have been sent. */
const congested = 1000;
const mostQueued = 10_000;
/** Seconds before the second and the third attempt, at speed 1. */
const pauses = [1, 5];
/** Pause between two attempts if the receiver does not answer, in real ms. */
const outagePause = 50;

/** Whether a receiver has taken a push: a status of 2xx and, unless the dialect does not need it, an error of 0. */
const isTaken = (status: number, answer: unknown, taken: Dialect["taken"]): boolean => {
  if (taken === "status") return status >= 200 && status < 300;
  const result = isObject(answer) ? answer["result"] : undefined;
  const error = isObject(result) ? result["error"] : undefined;
  return status >= 200 && status < 300 && (error === 0 || error === "0");
};

/** Ends jobs that will not be sent. */
const giveUp = (jobs: Iterable<Job>, error: string): void => {
  for (const job of jobs) {
    job.forgotten = true;
    const { event, notify, finish } = job;
    finish({ event, notify, attempt: 0, error });
  }
};

const withoutFields = (notify: Json, names: readonly string[]): Json =>
  Object.fromEntries(Object.entries(notify).map(([name, value]) => [name, names.includes(name) ? "" : value]));

export class Pusher {
  readonly #queues = new Map<string, Job[]>();
  /** Queues that have a job to send and none in progress. */
  #ready: string[] = [];
  #active = 0;
  #queued = 0;
  #seq = 0;
  #alone = 0;
  #closed = false;
  #wasCongested = false;
  /** Set while the platform restarts: waiting jobs await `over`. */
  #paused: { readonly over: Promise<void>; readonly end: () => void } | undefined;
  #restarts = 0;
  /** Jobs that are delayed by a fault, each with a function that cancels the delay. */
  readonly #late = new Map<Job, () => void>();
  /** Jobs that wait to be overtaken by the next one of the same call. */
  readonly #letPass = new Set<Job>();
  /** Called when enough pushes have been sent that tasks may make calls again. */
  onRelief: () => void = () => {};
  /** The last genuine push of each event, the newest last. */
  readonly #sent = new Map<string, SentPush>();
  readonly #sender: PushSender;
  readonly #pauses = new Map<NodeJS.Timeout, () => void>();

  constructor(
    private readonly settings: PushSettings,
    private readonly clock: Clock,
    private readonly faults: PushFaults,
    private readonly onPush: (outcome: PushOutcome) => void,
  ) {
    this.#sender = new PushSender(settings.pushUrl);
  }

  /** Whether there is a receiver. */
  get hasReceiver(): boolean {
    return this.settings.pushUrl() !== "";
  }

  /** The last genuine push that was sent, of any event or of one. */
  lastSent(event?: string): SentPush | undefined {
    return event === undefined ? [...this.#sent.values()].at(-1) : this.#sent.get(event);
  }

  /** Whether so many pushes are waiting that no more should be caused without need. */
  isCongested(): boolean {
    if (this.#queued >= congested) this.#wasCongested = true;
    return this.#wasCongested;
  }

  /**
   * Adds a push to its queue, unless a fault applies to it. Resolves with the result of its last attempt; never
   * rejects.
   */
  push({ queue, event, notify, style = valid, about = {} }: ToPush): Promise<PushOutcome> {
    return new Promise((resolve) => {
      const none = { event, notify, attempt: 0 };
      if (this.#closed) return resolve({ ...none, error: "the simulator has been closed" });
      if (!this.hasReceiver) return resolve({ ...none, error: "there is no pushUrl" });
      if (this.#queued >= mostQueued) {
        const outcome = { ...none, error: `given up: ${mostQueued} pushes are waiting already` };
        this.onPush(outcome);
        return resolve(outcome);
      }
      // A deliberately wrong push needs no fault.
      const fault = style.genuine ? this.faults.takeForPush(event, about) : undefined;
      if (fault?.kind === "dropPush") {
        const outcome = { ...none, error: "dropped by a fault" };
        this.onPush(outcome);
        return resolve(outcome);
      }
      this.#queued += 1;
      const finish = (outcome: PushOutcome): void => {
        this.#queued -= 1;
        resolve(outcome);
        if (this.#wasCongested && this.#queued <= congested / 2 && !this.#closed) {
          this.#wasCongested = false;
          this.onRelief();
        }
      };
      this.#place(this.#jobOf({ queue, event, notify, style, about }, fault, finish), fault);
    });
  }

  /** Sends a push in a queue of its own: at once, whatever else is waiting. */
  pushAlone(event: string, notify: Json, style: Style): Promise<PushOutcome> {
    this.#alone += 1;
    return this.push({ queue: `alone ${this.#alone}`, event, notify, style, about: notify });
  }

  /** Removes waiting and remembered pushes. Pushes in progress continue. */
  reset(): void {
    this.#sent.clear();
    this.#forget("forgotten by a reset");
  }

  /** Sends nothing until `resume`. Pushes in progress are cut off; they are sent again unchanged if `keep` is set. */
  pause(keep: boolean): void {
    if (!keep) {
      this.#forget("lost by a restart");
      for (const [job] of this.#queues.values()) if (job !== undefined) job.forgotten = true;
    }
    this.#restarts += 1;
    let end: () => void = () => {};
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#paused ??= { over, end };
    this.#sender.cutOff("the simulator restarts");
  }

  /** Continues after a pause. */
  resume(): void {
    this.#paused?.end();
    this.#paused = undefined;
    this.#next();
  }

  /** Stops at once; nothing is reported afterwards. */
  close(): void {
    this.#closed = true;
    for (const [timer, done] of this.#pauses) {
      clearTimeout(timer);
      done();
    }
    this.#pauses.clear();
    this.#sender.close();
    this.#paused?.end();
    this.#paused = undefined;
    const error = "the simulator has been closed";
    this.#forgetLate(error);
    for (const jobs of this.#queues.values()) giveUp(jobs, error);
    this.#queues.clear();
    this.#ready = [];
  }

  #jobOf(
    { queue, event, notify, style = valid, about }: ToPush,
    fault: PushFault | undefined,
    finish: (outcome: PushOutcome) => void,
  ): Job {
    const twice = fault?.kind === "duplicate" ? fault : undefined;
    const missing = fault?.kind === "stripPush" ? fault.fields : (twice?.without ?? []);
    // A second push with other fields has another content and needs a new signature.
    const again = twice && { seconds: twice.seconds, anew: twice.anew || twice.without.length > 0, notify };
    return {
      queue,
      event,
      notify: missing.length === 0 ? notify : withoutFields(notify, missing),
      style,
      call: textOrDigits(about?.["call"]),
      forge: fault?.kind === "wrongDigest",
      again,
      finish,
      forgotten: false,
    };
  }

  /** Adds a job to its queue, or sets it aside until its time. */
  #place(job: Job, fault: PushFault | undefined): void {
    if (fault?.kind === "delayPush") {
      this.#alone += 1;
      this.#later(fault.drawn, { ...job, queue: `alone ${this.#alone}` });
      return;
    }
    if (fault?.kind === "reorderPush") {
      this.#letPass.add(job);
      this.#later(fault.seconds, job);
      return;
    }
    this.#enqueue(job);
    // A change of the agent's state is not an event of the call.
    if (job.call === undefined) return;
    for (const other of this.#letPass) {
      if (other.call !== job.call) continue;
      this.#late.get(other)?.();
      this.#late.delete(other);
      this.#letPass.delete(other);
      this.#enqueue(other);
    }
  }

  /** Adds a job to its queue after a number of simulated seconds. */
  #later(seconds: number, job: Job): void {
    const callOff = this.clock.after(seconds, () => {
      this.#late.delete(job);
      this.#letPass.delete(job);
      this.#enqueue(job);
    });
    this.#late.set(job, callOff);
  }

  #enqueue(job: Job): void {
    const jobs = this.#queues.get(job.queue);
    if (jobs !== undefined) {
      jobs.push(job);
      return;
    }
    this.#queues.set(job.queue, [job]);
    this.#ready.push(job.queue);
    this.#next();
  }

  /** Gives up all jobs that are not in progress. */
  #forget(error: string): void {
    this.#forgetLate(error);
    const ready = new Set(this.#ready);
    for (const [queue, jobs] of this.#queues) {
      // If a queue is not ready, its first job is in progress.
      giveUp(jobs.splice(ready.has(queue) ? 0 : 1), error);
      if (jobs.length === 0) this.#queues.delete(queue);
    }
    this.#ready = [];
  }

  #forgetLate(error: string): void {
    for (const callOff of this.#late.values()) callOff();
    giveUp([...this.#late.keys()], error);
    this.#late.clear();
    this.#letPass.clear();
  }

  #next(): void {
    while (this.#active < mostAtOnce && this.#paused === undefined) {
      const queue = this.#ready.shift();
      const jobs = queue === undefined ? undefined : this.#queues.get(queue);
      const [job] = jobs ?? [];
      if (queue === undefined || jobs === undefined || job === undefined) return;
      this.#active += 1;
      // A notify in a message may not be serializable, for example if it contains itself.
      const failed = (thrown: unknown) => ({
        event: job.event,
        notify: job.notify,
        attempt: 0,
        error: messageOf(thrown),
      });
      void this.#deliver(job)
        .catch(failed)
        .then((outcome) => {
          this.#active -= 1;
          if (this.#closed) return;
          jobs.shift();
          if (jobs.length === 0) this.#queues.delete(queue);
          else this.#ready.push(queue);
          job.finish(outcome);
          this.#next();
        });
    }
  }

  async #deliver(job: Job): Promise<PushOutcome> {
    const { event, notify, again } = job;
    const { genuine, write } = job.forge ? forged : job.style;
    // Signed once: a retried push is identical, so that its receiver can recognize the repeat.
    const letter = write(this.#toSign(notify));
    if (genuine) {
      // Deleted first so that the newest is last.
      this.#sent.delete(event);
      this.#sent.set(event, { event, notify, letter });
    }
    const since = Date.now();
    let outcome = await this.#attempt(job, letter, 1);
    if (!genuine) return outcome;
    const { pushPatience } = this.settings;
    const goesOn = () => outcome.error !== undefined && !this.#closed && !job.forgotten;
    for (let answers = 0; goesOn(); ) {
      const silent = outcome.status === undefined && Date.now() - since < pushPatience * 1000;
      const pause = silent ? outagePause : this.#inRealMs(pauses[answers]);
      if (pause === undefined) break;
      if (!silent) answers += 1;
      await this.#pause(pause);
      if (goesOn()) outcome = await this.#attempt(job, letter, outcome.attempt + 1);
    }
    // A push that comes twice is tried as long as any other.
    return again === undefined ? outcome : this.#again(job, again, letter, outcome);
  }

  /** Sends a push a second time, as its fault requires. */
  async #again(job: Job, again: NonNullable<Job["again"]>, letter: Letter, first: PushOutcome): Promise<PushOutcome> {
    const { notify, seconds, anew } = again;
    if (this.#closed || job.forgotten) return first;
    if (seconds === 0) return this.#attempt(job, anew ? job.style.write(this.#toSign(notify)) : letter, 2);
    this.#alone += 1;
    this.#queued += 1;
    const finish = () => {
      this.#queued -= 1;
    };
    const style: Style = anew ? job.style : { genuine: true, write: () => letter };
    this.#later(seconds, { ...job, queue: `alone ${this.#alone}`, notify, style, again: undefined, finish });
    return first;
  }

  #toSign(notify: Json): PushToSign {
    const { customer, password, pushUser, pushPassword } = this.settings;
    const isOwn = pushUser !== "" && pushPassword !== "";
    this.#seq += 1;
    const signer = isOwn ? { customer: pushUser, password: pushPassword } : { customer, password };
    return { ...signer, notify, seq: this.#seq };
  }

  async #attempt(job: Job, letter: Letter, attempt: number): Promise<PushOutcome> {
    const { event, notify } = job;
    await this.#paused?.over;
    if (this.#closed || job.forgotten) return { event, notify, attempt: 0, error: "given up" };
    const restarts = this.#restarts;
    const outcome = await this.#sender.post(letter).then(
      ({ status, text }): PushOutcome => {
        const answer = parseJson(text) ?? text;
        const known = { event, notify, attempt, status, answer };
        return isTaken(status, answer, this.settings.dialect.taken)
          ? known
          : { ...known, error: `not taken: HTTP ${status}, ${text.slice(0, 200)}` };
      },
      (thrown: unknown): PushOutcome => ({ event, notify, attempt, error: messageOf(thrown) }),
    );
    if (this.#closed) return outcome;
    this.onPush(outcome);
    const wasCutOff = outcome.status === undefined && restarts !== this.#restarts;
    return wasCutOff && !job.forgotten ? this.#attempt(job, letter, attempt + 1) : outcome;
  }

  #inRealMs(seconds: number | undefined): number | undefined {
    return seconds === undefined ? undefined : (seconds * 1000) / this.settings.speed;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#pauses.delete(timer);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#pauses.set(timer, done);
    });
  }
}
