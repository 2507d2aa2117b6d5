import { operationsTables, operationsTablesDown } from './operations-tables.ts';
import { operatorFunctions, operatorFunctionsDown } from './operator-functions.ts';

/**
 * What operators and workers tell each other: replays, the register of workers, what is to stand still, and who did
 * what and why, for ever. `operatorRole` reads all of messaging and acts through functions that keep the record.
 */
export const operationsSchema = ({ appRole, operatorRole }: { appRole: string; operatorRole: string }) => ({
  up: [
    ...operationsTables,
    ...operatorFunctions(operatorRole),
    `grant usage on schema public to ${operatorRole}`,
    `grant select on outbox, outbox_published, inbox, dead_letters, replays, workers, paused_workers, operator_actions
       to ${operatorRole}`,
    `grant insert (operator, action, reason, subject) on operator_actions to ${operatorRole}`,
    `grant select, update (tries, finished_at, outcome, detail) on replays to ${appRole}`,
    `grant select, insert, update on workers to ${appRole}`,
    `grant select on paused_workers to ${appRole}`,
  ],
  down: [
    ...operatorFunctionsDown,
    ...operationsTablesDown,
    `revoke select on outbox, outbox_published, inbox, dead_letters from ${operatorRole}`,
    `revoke usage on schema public from ${operatorRole}`,
  ],
});
