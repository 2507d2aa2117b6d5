import { describe, expect, test } from '@jest/globals';
import type { Claims } from '@mentor-sessions/local-stack/tokens';
import fc from 'fast-check';
import { everybody, menteeId, people, profileId } from '../people.ts';
import { testApi, type ServiceUnderTest } from './service.ts';

type Model = {
  status: string;
  version: number;
  audit: { from: string | null; to: string; by: string }[];
  events: string[];
};

export const sequences = (given: ServiceUnderTest): void => {
  const { service, noun, statuses, moves, may, plain, insert, histories } = given;
  describe(`sequences of requests to ${service}`, () => {
    const api = testApi({ service });
    let hour = 0;

    const step = fc.record({
      // half of the requests are by the few who are allowed
      person: fc.oneof(fc.constantFrom('its mentor' as const, 'its mentee' as const), fc.constantFrom(...everybody)),
      action: fc.constantFrom(...Object.keys(moves), 'get'),
      ifMatch: fc.constantFrom(undefined, undefined, '*', '"1"', '"2"', '"3"', 'W/"1"'),
    });
    type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

    const expected = (model: Model, { person, action, ifMatch }: Step): string => {
      const actor: Claims = people[person];
      const isMentor = actor.roles.includes('mentor') && actor.mentorProfileId === profileId;
      const isMentee = actor.roles.includes('mentee') && actor.userId === menteeId;
      if (action === 'get') return isMentor || isMentee ? '200' : '403 forbidden';
      if (!may({ isMentor, isMentee, isTheMentee: actor.userId === menteeId })[action]) return '403 forbidden';
      if (ifMatch && ifMatch !== '*' && ifMatch.replace('W/', '') !== `"${model.version}"`)
        return '412 precondition-failed';
      const { from, to, events } = moves[action]!;
      if (model.status !== from) return '409 invalid-transition';
      model.audit.push({ from, to, by: actor.userId });
      model.events.push(...events);
      Object.assign(model, { status: to, version: model.version + 1 });
      return '200';
    };

    test(`whatever anyone asks in whatever order, a ${noun} is where its rules say, and nowhere else`, async () => {
      const visited = new Set<string>();
      const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 16 }), async (steps) => {
        const row = plain((hour += 1));
        await insert(api().app, [row]);
        const [created] = await histories(api().owner, [row.id]);
        const model: Model = { status: statuses[0]!, version: 1, audit: [...created!.audit], events: [] };
        for (const each of steps) {
          const { person, action, ifMatch } = each;
          const promised = expected(model, each);
          const call = { as: people[person], ...(ifMatch && { headers: { 'If-Match': ifMatch } }) };
          const answer =
            action === 'get'
              ? await api().request('GET', `/${service}/${row.id}`, call)
              : await api().request('PATCH', `/${service}/${row.id}/${action}`, call);
          expect([each, answer.outcome]).toEqual([each, promised]);
          if (answer.status === 200)
            expect(answer.body).toMatchObject({ status: model.status, version: model.version });
        }
        const [history] = await histories(api().owner, [row.id]);
        expect(history).toMatchObject({ row: { status: model.status, version: model.version }, audit: model.audit });
        expect(history?.events).toEqual(model.events);
        visited.add(model.status);
      });
      await fc.assert(property, { numRuns: 60 });
      expect(visited.size).toBe(statuses.length); // otherwise too few steps took effect
    });
  });
};
