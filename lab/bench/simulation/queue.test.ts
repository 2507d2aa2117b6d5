import { expect, test } from '@jest/globals';
import { mulberry32 } from '../../faults/random.ts';
import { constant, exponential, sojourns, type Duration } from './queue.ts';

const COUNT = 200_000;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean time in a station of one server with utilisation `load` and a mean service time of 1 ms. */
const simulated = (load: number, service: Duration, servers = 1): number =>
  mean(
    sojourns([{ name: 'one', servers, service }], { perMs: load * servers, count: COUNT, random: mulberry32(4) }).slice(
      1_000,
    ),
  );

/** The simulated mean is within 5 % of the known one. */
const expectAbout = (value: number, known: number): void => expect(Math.abs(value / known - 1)).toBeLessThan(0.05);

test.each([0.3, 0.5, 0.8])('M/M/1 at a load of %d: the mean time in the system is 1 / (µ − λ)', (load) => {
  expectAbout(simulated(load, exponential(1)), 1 / (1 - load));
});

test.each([0.3, 0.5, 0.8])('M/D/1 at a load of %d: waiting is half of that of M/M/1 (Pollaczek–Khinchine)', (load) => {
  expectAbout(simulated(load, constant(1)), 1 + load / (2 * (1 - load)));
});

test('M/M/2 at a load of 0.8: Erlang C', () => {
  // C(2, 1.6) = 0.7111; mean wait = C / (2µ − λ)
  expectAbout(simulated(0.8, exponential(1), 2), 1 + 0.7111 / (2 - 1.6));
});

test('two stations in a row, each M/M/1 (Burke): their times add', () => {
  const stations = ['one', 'two'].map((name) => ({ name, servers: 1, service: exponential(1) }));
  expectAbout(mean(sojourns(stations, { perMs: 0.5, count: COUNT, random: mulberry32(5) })), 4);
});
