// Short tones, made on the spot. Silent unless the user turned sounds on.

export type Sound = "own" | "other" | "board" | "won" | "lost" | "drawn" | "start";

/** Notes as [frequency in Hz, start in s, length in s]. */
const TUNES: Record<Sound, readonly (readonly [number, number, number])[]> = {
  own: [[523, 0, 0.12]],
  other: [[392, 0, 0.12]],
  board: [
    [523, 0, 0.12],
    [659, 0.08, 0.18],
  ],
  start: [
    [392, 0, 0.12],
    [523, 0.1, 0.18],
  ],
  won: [
    [523, 0, 0.16],
    [659, 0.12, 0.16],
    [784, 0.24, 0.4],
  ],
  lost: [
    [392, 0, 0.2],
    [311, 0.16, 0.4],
  ],
  drawn: [
    [440, 0, 0.2],
    [440, 0.2, 0.3],
  ],
};

let context: AudioContext | null = null;

export function playSound(sound: Sound): void {
  try {
    context ??= new AudioContext();
    void context.resume();
    for (const [frequency, start, length] of TUNES[sound]) tone(context, frequency, start, length);
  } catch {
    // No audio device: the game is played in silence.
  }
}

function tone(audio: AudioContext, frequency: number, start: number, length: number): void {
  const begin = audio.currentTime + start;
  const oscillator = audio.createOscillator();
  const gain = audio.createGain();
  oscillator.type = "triangle";
  oscillator.frequency.value = frequency;
  gain.gain.setValueAtTime(0, begin);
  gain.gain.linearRampToValueAtTime(0.12, begin + 0.01);
  gain.gain.exponentialRampToValueAtTime(0.0001, begin + length);
  oscillator.connect(gain).connect(audio.destination);
  oscillator.start(begin);
  oscillator.stop(begin + length);
}
