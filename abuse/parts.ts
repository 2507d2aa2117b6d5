import type { Part } from './part.ts';
import { database } from './database/database.ts';
import { http } from './http/http.ts';
import { messages } from './messages/messages.ts';
import { startup } from './startup/startup.ts';
import { supply } from './supply/supply.ts';
import { tokens } from './tokens/tokens.ts';

/** In the order in which they run. */
export const parts: readonly Part[] = [tokens, http, database, messages, supply, startup];
