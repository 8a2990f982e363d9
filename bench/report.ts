// The report of the bench: tables on the console, and bench/results.md in both languages.
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { root } from "../tools/hosts";
import { type Measure, type Measured, median, noise, type Size, type Text, valuesOf } from "./contest";

/** Two contenders and the compared measure. `target`: the required ratio of ours to the rival's. */
export interface Comparison {
  readonly ours: Measured;
  readonly rival: Measured;
  readonly measure: Measure;
  readonly target?: number;
}

/** A part of the bench. */
export interface Section {
  readonly title: Text;
  readonly about: readonly Text[];
  readonly comparisons: readonly Comparison[];
}

export type Language = keyof Text;

const measures: Readonly<Record<Measure, Text>> = {
  perSecond: { en: "per second", zh: "每秒" },
  p99: { en: "p99, ms (less is better)", zh: "p99，毫秒（越小越好）" },
  cpu: { en: "processor time each, µs (less is better)", zh: "每条的处理器时间，微秒（越小越好）" },
  rss: { en: "resident memory, MB (less is better)", zh: "常驻内存，MB（越小越好）" },
  heap: { en: "heap in use, MB (less is better)", zh: "使用中的堆内存，MB（越小越好）" },
};

const headings: readonly Text[] = [
  { en: "Ours", zh: "我们" },
  { en: "Rival", zh: "对手" },
  { en: "Ratio", zh: "比值" },
  { en: "Rounds: from – to", zh: "各轮：最小 – 最大" },
  { en: "Target", zh: "目标" },
  { en: "Measure", zh: "指标" },
  { en: "Ours, median", zh: "我们，中位数" },
  { en: "Rival, median", zh: "对手，中位数" },
];

/** A number rounded to three significant digits. */
const figure = (value: number): string =>
  Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(3)));

/** The minimum and the maximum of some values. */
export const span = (values: readonly number[]): string =>
  `${figure(Math.min(...values))} – ${figure(Math.max(...values))}`;

const withNoise = (values: readonly number[]): string =>
  `${figure(median(values))} ± ${Math.round(noise(values) * 100)} %`;

/** The ratios of the rounds: disturbances that affect both contenders in a round cancel out. */
export function ratiosOf({ ours, rival, measure }: Comparison): readonly number[] {
  const theirs = valuesOf(rival, measure);
  return valuesOf(ours, measure).map((value, round) => value / (theirs[round] ?? Number.NaN));
}

function row(comparison: Comparison, language: Language): readonly string[] {
  const { ours, rival, measure, target } = comparison;
  const ratios = ratiosOf(comparison);
  const ratio = median(ratios);
  return [
    ours.name[language],
    rival.name[language],
    `**${figure(ratio)}**`,
    span(ratios),
    target === undefined ? "" : `≥ ${target} ${ratio >= target ? "✓" : "✗"}`,
    measures[measure][language],
    withNoise(valuesOf(ours, measure)),
    withNoise(valuesOf(rival, measure)),
  ];
}

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** A section in Markdown, also printed on the console. */
export const sectionText = ({ title, about, comparisons }: Section, language: Language): string =>
  [
    `## ${title[language]}`,
    "",
    ...about.flatMap((text) => [text[language], ""]),
    line(headings.map((heading) => heading[language])),
    line(headings.map(() => "---")),
    ...comparisons.map((comparison) => line(row(comparison, language))),
  ].join("\n");

/** The machine and the versions. */
function machine(): string {
  const { version } = JSON.parse(readFileSync(join(root, "node_modules/node-red/package.json"), "utf8")) as {
    readonly version: string;
  };
  const all = cpus();
  return `${all[0]?.model ?? "?"} × ${all.length}, Node ${process.versions.node}, Node-RED ${version}`;
}

const titles: Text = { en: "# Measured against common ways to build the same", zh: "# 与通常的做法对比测量" };
const links: Text = { en: "[中文](results.zh-CN.md)", zh: "[English](results.md)" };

/** The whole page. */
export function page(
  sections: readonly Section[],
  { rounds, seconds }: Size,
  remarks: readonly Text[],
  language: Language,
): string {
  const how: Text = {
    en: `Made by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}: ${machine()}. Each ratio is our figure divided by the rival's in the same round. The table shows the median of ${rounds} rounds of ${seconds} s each. All take turns in a round. One warm-up round before does not count. ± is the median deviation between rounds.`,
    zh: `由 \`npm run bench\` 生成于 ${new Date().toISOString().slice(0, 10)}：${machine()}。比值是同一轮中我们的值除以对手的值。各方轮流进行，每轮各 ${seconds} 秒。开始的一轮为预热，不计入。表中是 ${rounds} 轮的中位数。± 是各轮之间偏差的中位数。`,
  };
  return [
    titles[language],
    "",
    links[language],
    "",
    how[language],
    "",
    ...remarks.flatMap((text) => [text[language], ""]),
    ...sections.flatMap((section) => [sectionText(section, language), ""]),
  ].join("\n");
}
