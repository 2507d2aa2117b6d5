import type { AuditRow, Invariant, Violation } from '../evidence/evidence.ts';
import type { Operation } from '../evidence/history.ts';
import { moves } from './moves.ts';

const violation = (says: string, witness: unknown): Violation => ({ invariant: 'I5', says, witness });

type Change = { readonly audit: AuditRow[]; readonly asked: Operation[] };

const checkChange = (key: string, { audit, asked }: Change): Violation[] => {
  const ok = asked.filter(({ outcome }) => outcome === 'ok');
  const witness = { change: key, audit, operations: asked };
  if (ok.length > audit.length) return [violation('a change that was answered is missing from the audit', witness)];
  if (audit.length > 1) return [violation('a change is in the audit twice', witness)];
  const [row] = audit;
  if (!row) return [];
  const explaining = ok.length > 0 ? ok : asked.filter(({ outcome }) => outcome === 'info');
  if (explaining.some(({ actor }) => actor === row.actor_user_id)) return [];
  return [violation('nobody explains a change in the audit: all that asked for it were refused', witness)];
};

/** Each change that was asked for, or stands in an audit. */
export const changesAreExplained: Invariant = ({ operations, bookings, sessions }) => {
  const changes = new Map<string, Change>();
  const changeOf = (id: string | null, to: string): Change => {
    const key = `${id} → ${to}`;
    const change = changes.get(key) ?? { audit: [], asked: [] };
    changes.set(key, change);
    return change;
  };
  for (const row of [...bookings.audit, ...sessions.audit])
    if (row.from_status !== null) changeOf(row.id, row.to_status).audit.push(row);
  for (const operation of operations) {
    const move = moves[operation.action];
    if (move) changeOf(operation.id, move.to).asked.push(operation);
  }
  return [...changes].flatMap(([key, change]) => checkChange(key, change));
};
