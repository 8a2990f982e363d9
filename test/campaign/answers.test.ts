// Whether an answer means that numbers were dialled, may have been dialled, or were certainly not.
import assert from "node:assert/strict";
import { answerOf } from "../../nodes/campaign/answers";
import { errorOfName } from "../../nodes/catalogue";
import type { Failure } from "../../nodes/protocol/failure";

const platform = (code: string): Failure => ({
  kind: "platform",
  code,
  value: errorOfName(code)?.value ?? 0,
  text: "",
  scope: "command",
});
const network = (neverLeft: boolean): Failure => ({
  kind: "network",
  code: "SCCC_NETWORK",
  systemCode: "ECONNREFUSED",
  detail: "",
  neverLeft,
  lasting: false,
});

describe("answers for a campaign", () => {
  const table: readonly (readonly [name: string, failure: Failure, expected: string])[] = [
    ["the platform said no", platform("E_G_STAFF_NO_EXIST"), "refused E_G_STAFF_NO_EXIST"],
    ["requests are too frequent", platform("E_G_API_TO_FREQUENTLY"), "notSent"],
    [
      "dialOnly does not have a number",
      { kind: "notAllowed", code: "SCCC_NOT_ALLOWED", field: "callees", number: "1" },
      "refused SCCC_NOT_ALLOWED",
    ],
    ["the queue is full", { kind: "busy", code: "SCCC_BUSY", waiting: 1 }, "notSent"],
    ["nobody was reached", network(true), "notSent"],
    ["the connection broke", network(false), "lost"],
    ["no answer in time", { kind: "timeout", code: "SCCC_TIMEOUT", afterMs: 15_000 }, "lost"],
    ["a proxy's error", { kind: "http", code: "SCCC_HTTP_502", status: 502, excerpt: "" }, "lost"],
    [
      "an answer that nobody can read",
      { kind: "protocol", code: "SCCC_PROTOCOL", reason: "notJson", excerpt: "" },
      "lost",
    ],
    ["the account was closed while the command was on its way", { kind: "closed", code: "SCCC_CLOSED" }, "lost"],
    ["it was closed while the command waited", { kind: "closed", code: "SCCC_CLOSED", neverLeft: true }, "notSent"],
  ];
  for (const [name, failure, expected] of table) {
    it(name, () => {
      const answer = answerOf(failure);
      assert.equal(answer.kind === "refused" ? `refused ${answer.code}` : answer.kind, expected);
    });
  }
});
