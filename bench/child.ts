// Child processes of the bench: each rival and the load generator run in their own process and answer over IPC.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { FlowNode, NodeRed } from "../tools/node-red";
import { start } from "./node-red";

type Answer = { readonly value: unknown } | { readonly error: string };

/** A child that answers one question at a time. */
export class Child {
  readonly #process: ChildProcess;

  /** @param file a file of this folder; @param args the program's arguments */
  constructor(file: string, ...args: readonly string[]) {
    this.#process = fork(join(__dirname, file), args, { execArgv: ["--require", require.resolve("tsx/cjs")] });
  }

  /** Asks a question. The type of the answer is up to the caller. */
  async ask<T>(question: unknown): Promise<T> {
    const over = new AbortController();
    const answered = once(this.#process, "message", over);
    const ended = once(this.#process, "exit", over).then(([code]) => {
      throw new Error(`A child of the bench ended by itself (${code})`);
    });
    this.#process.send({ question });
    const [answer] = (await Promise.race([answered, ended]).finally(() => {
      ended.catch(() => undefined);
      over.abort();
    })) as [Answer];
    if ("error" in answer) throw new Error(answer.error);
    return answer.value as T;
  }

  /** Ends the child. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#process.kill();
    await ended;
  }
}

/** All processes that a part of the bench has started, so that none is left running. */
export class Children {
  readonly #stops: (() => Promise<void>)[] = [];

  add(child: Child): Child {
    this.#stops.push(() => child.stop());
    return child;
  }

  async nodeRed(flow: readonly FlowNode[], env: NodeJS.ProcessEnv = {}): Promise<NodeRed> {
    const nodeRed = await start(flow, env);
    this.#stops.push(() => nodeRed.stop());
    return nodeRed;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#stops.splice(0).map((stop) => stop()));
  }
}

/**
 * Keeps a process from sleeping: it answers for the measured process, and writing to a sleeping one includes the cost of waking it on another core. A
 * peer across a network would not cause this cost.
 */
export function stayAwake(): void {
  setImmediate(stayAwake);
}

/** The child's side: answers questions, and ends with its parent. */
export function answerWith(reply: (question: unknown) => Promise<unknown>): void {
  process.on("message", ({ question }: { readonly question: unknown }) => {
    reply(question).then(
      (value) => process.send?.({ value }),
      (error: unknown) => process.send?.({ error: error instanceof Error ? (error.stack ?? "") : String(error) }),
    );
  });
  process.on("disconnect", () => process.exit());
}
