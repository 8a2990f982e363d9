// Questions to the receiving thread: each ends, with and without an answer.
import assert from "node:assert/strict";
import { Questions } from "../../nodes/runtime/receive/questions";

describe("a question to the receiving thread", () => {
  it("ends with its own answer, and hears no second one", async () => {
    const questions = new Questions(60_000);
    const numbers: number[] = [];
    const asked = [1, 2].map(() => questions.ask((number) => numbers.push(number)));
    const [first = 0, second = 0] = numbers;
    questions.answer(second, "null");
    questions.answer(first, "1");
    questions.answer(first, "2");
    assert.deepEqual(await Promise.all(asked), ["1", "null"]);
  });

  it("ends without an answer after the time limit, and a late answer does not end the next one", async () => {
    const questions = new Questions(1);
    const numbers: number[] = [];
    assert.equal(await questions.ask((number) => numbers.push(number)), undefined);
    const next = questions.ask((number) => numbers.push(number));
    questions.answer(numbers[0] ?? 0, "late");
    assert.equal(await next, undefined);
  });

  it("ends without an answer when the thread ends", async () => {
    const questions = new Questions(60_000);
    const asked = questions.ask(() => undefined);
    questions.abandon();
    assert.equal(await asked, undefined);
  });
});
