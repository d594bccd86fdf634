// Names of players: the rule for them, and suggestions.

const ADJECTIVES =
  "brave calm clever eager gentle happy jolly keen lucky mellow nimble quick quiet sunny swift witty";
const ANIMALS =
  "badger crane dove falcon ferret finch fox gecko heron ibex koala lark lynx otter owl panda raven robin seal tapir";
const RULE = /^[a-z0-9_-]{3,16}$/;

export function isName(text: string): boolean {
  return RULE.test(text.toLowerCase());
}

function pick(words: string, random: () => number): string {
  const list = words.split(" ");
  return list[Math.floor(random() * list.length)] ?? "";
}

/** A name such as calm-otter-42. `random` gives numbers in [0, 1). */
export function suggestName(random: () => number): string {
  const number = 10 + Math.floor(random() * 90);
  return `${pick(ADJECTIVES, random)}-${pick(ANIMALS, random)}-${number}`;
}
