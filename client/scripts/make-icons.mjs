// Draws the icons from one list of shapes: as SVG, and as PNG by a small rasteriser of our own.
import { mkdirSync, writeFileSync } from "node:fs";
import { crc32, deflateSync } from "node:zlib";

const TARGET = new URL("../public/icons/", import.meta.url);
const [INK, CELL, AMBER, TEAL, CORAL] = ["#20242d", "#3a414e", "#f4b740", "#56d6c9", "#ff9585"];

/** Nine boards on a square of 96, the middle one lit. Coordinates in units of the square. */
function shapes(inset, radius) {
  const list = [{ kind: "box", x: 0, y: 0, size: 96, radius, color: INK }];
  const unit = (96 - 2 * inset) / 3;
  for (let board = 0; board < 9; board += 1) {
    const [x, y] = [inset + (board % 3) * unit, inset + Math.floor(board / 3) * unit];
    const [left, top, size] = [x + unit * 0.07, y + unit * 0.07, unit * 0.86];
    const middle = [x + unit / 2, y + unit / 2];
    list.push({
      kind: "box",
      x: left,
      y: top,
      size,
      radius: unit * 0.2,
      color: board === 4 ? AMBER : CELL,
    });
    if (board === 4) list.push(...cross(middle, unit * 0.2, unit * 0.13, INK));
    if (board === 0 || board === 5) list.push(...cross(middle, unit * 0.17, unit * 0.11, TEAL));
    if (board === 2 || board === 6) {
      list.push({
        kind: "ring",
        x: middle[0],
        y: middle[1],
        radius: unit * 0.2,
        width: unit * 0.11,
        color: CORAL,
      });
    }
  }
  return list;
}

function cross([x, y], arm, width, color) {
  const line = (sign) => ({
    kind: "line",
    x1: x - arm,
    y1: y - sign * arm,
    x2: x + arm,
    y2: y + sign * arm,
    width,
    color,
  });
  return [line(1), line(-1)];
}

function svg(list) {
  const n = (value) => Number(value.toFixed(2));
  const tags = list.map((s) => {
    if (s.kind === "box") {
      return `<rect x="${n(s.x)}" y="${n(s.y)}" width="${n(s.size)}" height="${n(s.size)}" rx="${n(s.radius)}" fill="${s.color}"/>`;
    }
    if (s.kind === "ring") {
      return `<circle cx="${n(s.x)}" cy="${n(s.y)}" r="${n(s.radius)}" fill="none" stroke="${s.color}" stroke-width="${n(s.width)}"/>`;
    }
    return `<path d="M${n(s.x1)} ${n(s.y1)}L${n(s.x2)} ${n(s.y2)}" stroke="${s.color}" stroke-width="${n(s.width)}" stroke-linecap="round"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96">${tags.join("")}</svg>\n`;
}

/** Distance of a point from the edge of a shape, negative inside. */
function distance(s, x, y) {
  if (s.kind === "ring") return Math.abs(Math.hypot(x - s.x, y - s.y) - s.radius) - s.width / 2;
  if (s.kind === "line") {
    const [dx, dy] = [s.x2 - s.x1, s.y2 - s.y1];
    const along = ((x - s.x1) * dx + (y - s.y1) * dy) / (dx * dx + dy * dy);
    const t = Math.min(1, Math.max(0, along));
    return Math.hypot(x - s.x1 - t * dx, y - s.y1 - t * dy) - s.width / 2;
  }
  const half = s.size / 2;
  const [qx, qy] = [x - s.x, y - s.y].map((v) => Math.abs(v - half) - half + s.radius);
  return Math.hypot(Math.max(qx, 0), Math.max(qy, 0)) + Math.min(Math.max(qx, qy), 0) - s.radius;
}

function png(list, pixels) {
  const scale = 96 / pixels;
  const rows = Buffer.alloc(pixels * (1 + 4 * pixels));
  for (let row = 0; row < pixels; row += 1) {
    for (let column = 0; column < pixels; column += 1) {
      const color = [0, 0, 0, 0];
      for (const shape of list) {
        const d = distance(shape, (column + 0.5) * scale, (row + 0.5) * scale) / scale;
        const cover = Math.min(1, Math.max(0, 0.5 - d));
        if (cover === 0) continue;
        const rest = color[3] * (1 - cover);
        for (let i = 0; i < 3; i += 1) {
          const value = Number.parseInt(shape.color.slice(1 + 2 * i, 3 + 2 * i), 16);
          color[i] = (value * cover + color[i] * rest) / (cover + rest);
        }
        color[3] = cover + rest;
      }
      const at = row * (1 + 4 * pixels) + 1 + 4 * column;
      rows.set([color[0], color[1], color[2], color[3] * 255].map(Math.round), at);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(pixels, 0);
  header.writeUInt32BE(pixels, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunks = [
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ];
  return Buffer.concat([signature, ...chunks]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

mkdirSync(TARGET, { recursive: true });
const plain = shapes(11, 22);
writeFileSync(new URL("icon.svg", TARGET), svg(plain));
for (const size of [192, 512]) writeFileSync(new URL(`icon-${size}.png`, TARGET), png(plain, size));
// Platforms that cut the icon to their own shape need a full square with room at the rim.
const square = shapes(18, 0);
writeFileSync(new URL("maskable-512.png", TARGET), png(square, 512));
writeFileSync(new URL("icon-180.png", TARGET), png(square, 180));
