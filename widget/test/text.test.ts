import assert from "node:assert/strict";
import { test } from "node:test";
import { brandColours, contrast } from "../src/colours";
import { lines, shortened, slice, visible, withoutOffers } from "../src/text";
import { WORDS } from "../src/words";

test("what nobody sees is taken out, and nothing else", () => {
  assert.equal(visible("a\u200bb\u202ec\u0000d\u001b[31me\u001b]0;title\u0007f\ud800g"), "abcdefg");
  assert.equal(visible("第一行\r\n第二行\u2028三\t😀 “引文”"), "第一行\n第二行\n三\t😀 “引文”");
});

test("places are code points", () => {
  assert.equal(slice("😀个😀推", 1, 3), "个😀");
  assert.equal(slice("abc", -2, 99), "abc");
});

test("markers at a line's end are its sources, others stand where they are", () => {
  const text = "《某政策》的相关原文：\n• “甲\n  乙” [1]\n  Translation: A [9]\n• 一 [2] 二 [3][1] ";
  assert.deepEqual(lines(text, new Set([1, 2, 3])), [
    { kind: "plain", pieces: ["《某政策》的相关原文："], sources: [] },
    { kind: "item", pieces: ["“甲"], sources: [] },
    { kind: "more", pieces: ["乙”"], sources: [1] },
    { kind: "more", pieces: ["Translation: A ", "[9]"], sources: [] },
    { kind: "item", pieces: ["一 ", 2, " 二"], sources: [3, 1] },
  ]);
  assert.deepEqual(lines("[1]\n\n", new Set([1])), [{ kind: "plain", pieces: [], sources: [1] }]);
});

test("questions that are offered as buttons are not said twice", () => {
  assert.equal(withoutOffers("没看懂。例如：甲？ 乙？", ["甲？", "乙？"]), "没看懂。例如：");
  assert.equal(withoutOffers("例如：甲？ 乙？ 请再问。", ["甲？", "乙？"]), "例如：甲？ 乙？ 请再问。");
  assert.equal(withoutOffers("没看懂。", ["甲？"]), "没看懂。");
  assert.equal(withoutOffers("没看懂。", []), "没看懂。");
});

test("a long reference keeps its beginning and its end", () => {
  const reference = "一（二）4 › 使用的第三方插件（1） › 收集的个人信息 › （2）";
  assert.equal(shortened(reference, 99), reference);
  assert.equal(shortened(reference, 44), "一（二）4 › … › 收集的个人信息 › （2）");
  assert.equal(shortened(reference, 10), "一（二）4 › … › （2）");
  assert.equal(shortened("只有一步", 2), "只有一步");
});

test("any colour of a page can be read", () => {
  for (const wanted of ["", "#ffffff", "#000000", "#ffff00", "#1d5fd1", "#777777", "#e60012", "#8a8a00", "#00ffcc"]) {
    for (const [theme, paper] of [["light", "#f4f5f8"] as const, ["dark", "#262a33"] as const]) {
      const { brand, onBrand, accent } = brandColours(wanted, theme);
      assert.ok(contrast(brand, onBrand) >= 4.5, `${wanted} ${theme}: ${onBrand} on ${brand}`);
      assert.ok(contrast(accent, paper) >= 4.5, `${wanted} ${theme}: ${accent} on ${paper}`);
    }
  }
});

test("both languages say the same things", () => {
  const shape = (words: object): string[] =>
    Object.entries(words).flatMap(([key, value]) =>
      typeof value === "object" ? shape(value).map((name) => `${key}.${name}`) : [key],
    );
  assert.deepEqual(shape(WORDS.zh), shape(WORDS.en));
});
