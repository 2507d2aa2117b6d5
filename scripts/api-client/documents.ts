import { existsSync, readFileSync } from 'node:fs';
import { about as aboutBookings } from '@mentor-sessions/bookings/http/about';
import { bookingRoutes } from '@mentor-sessions/bookings/http/routes';
import { defaultBounds } from '@mentor-sessions/bookings/domain/booking';
import { openapiDocument } from '@mentor-sessions/service-kit/http/openapi';
import { about as aboutSessions } from '@mentor-sessions/sessions/http/about';
import { sessionRoutes } from '@mentor-sessions/sessions/http/routes';
import { breakingChanges } from './additions.ts';

// routes are data: none of this is used without a request
const nothing = { db: undefined as never, newId: () => '', sessionsUrl: '', counting: undefined as never };

/** `/openapi.json` of each service, without starting it. */
export const documents: Readonly<Record<'bookings' | 'sessions', object>> = {
  bookings: openapiDocument(bookingRoutes({ ...nothing, bounds: defaultBounds }), aboutBookings),
  sessions: openapiDocument(sessionRoutes({ ...nothing, completionGraceSeconds: 3_600 }), aboutSessions),
};

/** How they break clients of the committed openapi.json of each service. */
export const brokenPromises = (): string[] =>
  Object.entries(documents).flatMap(([name, document]) => {
    const committed = new URL(`../../services/${name}/openapi.json`, import.meta.url);
    if (!existsSync(committed)) return [];
    const before = JSON.parse(readFileSync(committed, 'utf8')) as Record<string, unknown>;
    return breakingChanges(before, document as Record<string, unknown>).map((change) => `${name}: ${change}`);
  });
