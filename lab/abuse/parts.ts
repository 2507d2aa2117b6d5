import { database } from './database/database.ts';
import { http } from './http/http.ts';
import { limits } from './limits/limits.ts';
import { logs } from './logs/logs.ts';
import { messages } from './messages/messages.ts';
import type { Part } from './part.ts';
import { privilege } from './privilege/privilege.ts';
import { startup } from './startup/startup.ts';
import { supply } from './supply/supply.ts';
import { tokens } from './tokens/tokens.ts';

/** In the order of execution. */
export const parts: readonly Part[] = [tokens, http, limits, database, privilege, messages, logs, supply, startup];
