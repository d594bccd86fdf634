// The faces of the computer players, by name: shapes on a field of 48 by 48, drawn in this order.
// A bot that has none here is shown with the sign that the server gives it.
export type Shape = readonly [fill: string, path: string];

const INK = "#2a2b33";
const PINK = "#f0a9a9";

function oval(x: number, y: number, rx: number, ry = rx): string {
  return `M${x - rx} ${y}a${rx} ${ry} 0 1 0 ${2 * rx} 0a${rx} ${ry} 0 1 0 ${-2 * rx} 0`;
}

/** Two of the same, one at each side of the middle. */
function pair(x: number, y: number, rx: number, ry = rx): string {
  return oval(24 - x, y, rx, ry) + oval(24 + x, y, rx, ry);
}

export const FACES: Readonly<Record<string, readonly Shape[]>> = {
  "bot-chick": [
    ["#d7ebc8", oval(24, 24, 24)],
    ["#e2a92a", "M22 14q-3-5 1-9q0 4 3 5q1-3 4-3q-1 4-4 7z"],
    ["#f8d14e", oval(24, 27, 15)],
    ["#f3a760", pair(10, 30, 2.6)],
    [INK, pair(6, 25, 2.1)],
    ["#ea8127", "M24 26.5l5 3.5-5 3.5-5-3.5z"],
    ["#fffaf0", "M9.5 34l4.5-3 4 3.5 6-3.5 6 3.5 4-3.5 4.5 3a15 15 0 0 1-29 0z"],
  ],
  "bot-mouse": [
    ["#e8dccb", oval(24, 24, 24)],
    ["#9ea3b0", pair(12, 15, 8.5)],
    ["#f2bdbb", pair(12, 15.5, 5.2)],
    ["#b5bac6", oval(24, 28, 14)],
    [INK, pair(5.5, 26, 2)],
    ["#dcdfe6", oval(24, 35, 6.5, 5)],
    ["#e07f82", oval(24, 33, 2.6, 2)],
  ],
  "bot-rabbit": [
    ["#cfe3ee", oval(24, 24, 24)],
    ["#efe6da", pair(7, 13, 4.8, 11)],
    ["#f3b4b6", pair(7, 14, 2.3, 8)],
    ["#faf5ec", oval(24, 31, 13.5)],
    [PINK, pair(9, 34, 2.4)],
    [INK, pair(5.5, 29, 2)],
    ["#e07f82", "M24 36.4l2.8-2.9h-5.6z"],
    ["#d9cfc2", "M22 38h4v4.2h-4z"],
  ],
  "bot-cat": [
    ["#f3d9b8", oval(24, 24, 24)],
    ["#575e70", "M9 25V6l11 8h8l11-8v19z"],
    [PINK, "M12 18v-6.5l5 4zM36 18v-6.5l-5 4z"],
    ["#575e70", oval(24, 28, 15, 13.5)],
    ["#bfe57d", pair(6.5, 26, 3.4)],
    [INK, pair(6.5, 26, 1.1, 3)],
    ["#8a91a3", oval(24, 35, 7, 4.6)],
    [PINK, "M24 35.5l2.6-2.8h-5.2z"],
  ],
  "bot-fox": [
    ["#d3e6d2", oval(24, 24, 24)],
    ["#ee7a2e", "M24 43L6.5 23 8.5 6l10 8h11l10-8 2 17z"],
    [INK, "M9.6 11.5l4.8 4-4 2zM38.4 11.5l-4.8 4 4 2z"],
    ["#fff5e9", "M24 43L6.5 23q11 1 14 10zM24 43l17.5-20q-11 1-14 10z"],
    [INK, pair(6.5, 24, 2.1)],
    [INK, oval(24, 40.5, 2.9, 2.5)],
  ],
  "bot-badger": [
    ["#dfe3c9", oval(24, 24, 24)],
    ["#3a3c45", pair(11, 14, 4.8)],
    ["#f6f2ea", oval(24, 27, 15, 14.5)],
    [
      "#3a3c45",
      "M18 13q-7 2-8 12 0 6 4 9 5 0 6-6 1-8-2-15zM30 13q7 2 8 12 0 6-4 9-5 0-6-6-1-8 2-15z",
    ],
    ["#fffaf0", pair(8, 26, 2.4)],
    [INK, pair(7.7, 26, 1.4)],
    ["#dcd5c8", oval(24, 36, 6.5, 5)],
    [INK, oval(24, 34, 3, 2.3)],
  ],
  "bot-falcon": [
    ["#cbdcef", oval(24, 24, 24)],
    ["#5d6a80", oval(24, 25, 16.5)],
    ["#f8f0e1", "M24 41.5q-13 0-16-13 8-5 12 3zM24 41.5q13 0 16-13-8-5-12 3z"],
    ["#3d475a", "M11 22l9 1.5-2 10q-6-3-7-11.5zM37 22l-9 1.5 2 10q6-3 7-11.5z"],
    ["#f6c945", pair(7, 23, 3.6)],
    [INK, pair(6.7, 23, 2.1)],
    ["#3d475a", "M11 18.5l10.5 3.5-1 2-9.5-2.5zM37 18.5l-10.5 3.5 1 2 9.5-2.5z"],
    ["#f0ac2d", "M19 28q5-6 10 0 0 6-5 10-5-4-5-10z"],
    [INK, "M22.2 34.5l1.8 3.6 1.8-3.6q-1.8-1.2-3.6 0z"],
  ],
  "bot-owl": [
    ["#c9d4ec", oval(24, 24, 24)],
    ["#7e5d40", "M8 22L7 5l11 6h12l11-6-1 17z"],
    ["#8e6b4b", oval(24, 28, 16)],
    ["#f7ecd8", pair(7, 24, 7.6)],
    ["#f0b02f", pair(7, 24, 4.4)],
    [INK, pair(7, 24, 2.7)],
    ["#ea8127", "M24 27l3.5 4-3.5 6-3.5-6z"],
    ["#c29b72", "M17 40q7 5 14 0l-2-2-2.5 2-2.5-2-2.5 2-2.5-2z"],
  ],
  "bot-wolf": [
    ["#d9d3e8", oval(24, 24, 24)],
    ["#6f7d96", "M24 44L7 28 8 5l10 9h12l10-9 1 23z"],
    ["#46516a", "M11 11l5 5-4.5 4zM37 11l-5 5 4.5 4z"],
    ["#e7ebf1", "M24 44l-10-9q1-9 10-10 9 1 10 10z"],
    ["#f6bf45", pair(7, 23.5, 2.7)],
    [INK, pair(7, 23.5, 1.3)],
    ["#46516a", "M12.5 20.5l8 2.5-.5-2.5-7-2.5zM35.5 20.5l-8 2.5.5-2.5 7-2.5z"],
    [INK, "M24 42.5l-4-3.5q1-2 4-2t4 2z"],
  ],
  "bot-dragon": [
    ["#f4cfc2", oval(24, 24, 24)],
    ["#efe0b9", "M13 17Q7 11 8 3q7 3 10 10zM35 17q6-6 5-14-7 3-10 10z"],
    ["#287a4e", "M24 3l3.5 9h-7zM9 27l-7-7 10-1zM39 27l7-7-10-1z"],
    ["#3faa6d", "M24 45q-9 0-11-9-4-5-4-11Q9 11 24 11t15 14q0 6-4 11-2 9-11 9z"],
    ["#86d6a6", oval(24, 37, 9.5, 7)],
    ["#1f5c3b", pair(3.5, 35, 1.4)],
    ["#fff0a8", pair(7, 25, 3.2, 3.8)],
    [INK, pair(7, 25, 1.1, 3.2)],
    ["#fffaf0", "M18 42.5l2 3.5 2-3zM30 42.5l-2 3.5-2-3z"],
  ],
};
