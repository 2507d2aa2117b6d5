import type { Action, History, Operation } from '../evidence/history.ts';
import type { Http, HttpAnswer } from './http.ts';
import type { Person } from './people.ts';

export type Apis = { readonly bookings: Http; readonly sessions: Http };
type Aggregate = Operation['aggregate'];
type Question = {
  readonly action: Action;
  readonly aggregate: Aggregate;
  readonly id: string | null;
  readonly body?: object;
};

const paths = { booking: '/bookings', session: '/sessions' };

const requestOf = ({ action, aggregate, id, body }: Question, token: string) => {
  if (action === 'create') return { method: 'POST' as const, path: paths[aggregate], token, ...(body && { body }) };
  const path = `${paths[aggregate]}/${id}`;
  return action === 'read'
    ? { method: 'GET' as const, path, token }
    : { method: 'PATCH' as const, path: `${path}/${action}`, token };
};

const statusOf = ({ body }: HttpAnswer): string | null => {
  const status = body?.['currentStatus'] ?? body?.['status'];
  return typeof status === 'string' ? status : null;
};

const stack = /\bat .+:\d+:\d+\)?/;

/** Asks an api and writes into the history what it asked and what became of it; `leaks` takes answers that show a stack. */
export const createAsking = (apis: Apis, history: History, leaks: string[]) => {
  return async (person: Person, question: Question): Promise<HttpAnswer> => {
    const { action, aggregate, id } = question;
    const end = history.invoke({
      action,
      aggregate,
      id,
      actor: person.userId,
      mentorProfileId: person.mentorProfileId,
    });
    const answer = await apis[aggregate === 'booking' ? 'bookings' : 'sessions'].send(
      requestOf(question, person.token),
    );
    if (stack.test(answer.text)) leaks.push(`an answer shows a stack: ${answer.text}`);
    const { outcome } = answer;
    const made = action === 'create' && outcome === 'ok' ? { id: answer.body?.['id'] as string } : {};
    end({ outcome, answer: answer.answer, status: statusOf(answer), ...made });
    return answer;
  };
};
export type Asking = ReturnType<typeof createAsking>;
