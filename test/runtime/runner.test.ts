// The runner carries out each effect of a campaign once, whatever the flow, the node and the disk do.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Campaign } from "../../nodes/campaign/machine";
import type { CampaignEffect, CampaignEvent, CampaignResult } from "../../nodes/campaign/types";
import { PendingAcks, TokenRegistry } from "../../nodes/delivery/tokens";
import { JournalFile } from "../../nodes/runtime/campaign/journal-file";
import { type CampaignHost, Runner } from "../../nodes/runtime/campaign/runner";
import { temporaryFolder } from "../../tools/node-red";

const result = (index: number): CampaignEffect => ({
  kind: "result",
  id: `c/${index}`,
  result: { index } as CampaignResult,
});
const command = (id: number): CampaignEffect => ({
  kind: "command",
  command: { id, api: "CallTaskQuery", request: { agent: String(1000 + id) } },
});
const write: CampaignEffect = { kind: "write", lines: ["{}"], wait: true };

/** A runner of a campaign whose effects the test sets, and a node for it. */
class Scene {
  readonly events: CampaignEvent[] = [];
  readonly sent: string[] = [];
  readonly given: number[] = [];
  readonly dead: number[] = [];
  readonly failures: string[] = [];
  /** Called when a result is output. */
  onResult: (index: number) => void = () => undefined;
  onDead: () => void = () => undefined;
  stored: CampaignHost["stored"];
  readonly runner: Runner;
  next: readonly CampaignEffect[] = [];

  constructor(effects: readonly CampaignEffect[]) {
    const folder = temporaryFolder();
    const reports = { trouble: () => undefined, verify: () => undefined };
    const campaign = {
      id: "c",
      isOver: false,
      progress: () => ({}),
      step: (event: CampaignEvent) => {
        this.events.push(event);
        return this.#take();
      },
    };
    this.runner = new Runner(
      {
        campaign: campaign as unknown as Campaign,
        file: new JournalFile(folder, join(folder, "c.log"), reports),
        acks: new PendingAcks(new TokenRegistry()),
        over: () => undefined,
        failed: (error) => void this.failures.push((error as Error).message),
      },
      effects,
    );
  }

  #take(): readonly CampaignEffect[] {
    const { next } = this;
    this.next = [];
    return next;
  }

  attach(): void {
    const client = {
      prepare: (_: unknown, { agent }: { agent: string }) => ({ ok: true, call: agent }),
      send: async (agent: string) => {
        this.sent.push(agent);
        return { outcome: { ok: true, response: {} } };
      },
    };
    this.runner.attach({
      client: client as unknown as CampaignHost["client"],
      stored: this.stored,
      result: ({ result: { index } }) => {
        this.given.push(index);
        this.onResult(index);
      },
      dead: ({ result: { index } }) => {
        this.dead.push(index);
        this.onDead();
      },
      progress: () => undefined,
      finished: () => undefined,
    });
  }

  /** Adds effects, as any event does. */
  step(effects: readonly CampaignEffect[]): void {
    this.next = effects;
    this.runner.step({ kind: "tick" });
  }

  get handed(): readonly number[] {
    return this.events.flatMap((event) => (event.kind === "handed" ? event.entries : []));
  }
}

const turn = () => new Promise(setImmediate);

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1));
}

describe("the runner of a campaign", () => {
  it("sends each command once and gives every other result, where the flow cannot take a result", async () => {
    const scene = new Scene([write, command(1), result(0), command(2), result(1)]);
    scene.onResult = (index) => {
      if (index === 0) throw new Error("not copied");
    };
    scene.attach();
    await until(() => scene.sent.length >= 2 && scene.given.length >= 2);
    scene.step([write, command(3), result(2)]);
    await until(() => scene.sent.length >= 3 && scene.given.length >= 3);
    await turn();
    assert.deepEqual(
      [scene.sent, scene.given],
      [
        ["1001", "1002", "1003"],
        [0, 1, 2],
      ],
    );
    assert.deepEqual(scene.failures, ["not copied"]);
  });

  it("gives a result again that its node can have lost by closing, until it has left the node for two turns", async () => {
    const scene = new Scene([result(0)]);
    scene.attach();
    assert.deepEqual(scene.given, [0]);
    await turn();
    assert.deepEqual(scene.handed, []);
    scene.runner.detach();
    await turn();
    await turn();
    assert.deepEqual(scene.handed, [], "the node was closed before the next one had it");
    scene.attach();
    assert.deepEqual(scene.given, [0, 0]);
    await until(() => scene.handed.length > 0);
    scene.runner.detach();
    scene.attach();
    await turn();
    await turn();
    await turn();
    assert.deepEqual([scene.given, scene.handed], [[0, 0], [0]]);
  });

  it("takes a result for delivered only two turns after it was given, also one that is given in the turn of another", async () => {
    const scene = new Scene([result(0)]);
    scene.attach();
    // In the turn in which the first result reaches the next node.
    setImmediate(() => scene.step([result(1)]));
    await turn();
    scene.runner.detach();
    await turn();
    await turn();
    scene.attach();
    await until(() => scene.handed.length === 2);
    assert.deepEqual([...scene.given].sort(), [0, 0, 1, 1]);
  });

  it("does not deliver an unconfirmed result again because of a redeploy, unless it may be lost", async () => {
    const scene = new Scene([result(0)]);
    scene.stored = { redeliverAfterMs: 3_600_000, maxDeliveries: 2 };
    scene.attach();
    scene.runner.detach();
    scene.attach();
    assert.deepEqual(scene.given, [0, 0], "the node was closed before the next one had it");
    for (let deploy = 0; deploy < 3; deploy += 1) {
      for (let turns = 0; turns < 4; turns += 1) await turn();
      scene.runner.detach();
      scene.attach();
    }
    assert.deepEqual([scene.given, scene.handed, scene.dead], [[0, 0], [], []]);
    scene.runner.detach();
    scene.stored = undefined;
    scene.attach();
    await until(() => scene.handed.length > 0);
    assert.deepEqual(scene.given, [0, 0, 0], "nothing confirms it any more");
  });

  it("delivers a result again at its time despite a redeploy", async () => {
    const scene = new Scene([result(0)]);
    scene.stored = { redeliverAfterMs: 20, maxDeliveries: 2 };
    scene.attach();
    for (let turns = 0; turns < 4; turns += 1) await turn();
    scene.runner.detach();
    scene.attach();
    await until(() => scene.dead.length > 0);
    assert.deepEqual([scene.given, scene.dead], [[0, 0], [0]]);
  });

  it("gives up every result that was never confirmed, also where the flow cannot take one of the errors", async () => {
    const scene = new Scene([result(0), result(1)]);
    scene.stored = { redeliverAfterMs: 1, maxDeliveries: 1 };
    scene.onDead = () => {
      throw new Error("not copied");
    };
    scene.attach();
    await until(() => scene.handed.length === 2);
    assert.deepEqual(
      [scene.dead, scene.given],
      [
        [0, 1],
        [0, 1],
      ],
    );
  });
});
