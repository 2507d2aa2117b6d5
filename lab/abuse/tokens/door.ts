import type { Size } from '../part.ts';
import type { Issuer } from './issuer.ts';

export type Door = { readonly service: 'bookings' | 'sessions'; readonly url: string };
export type TokenWorld = { readonly doors: readonly Door[]; readonly issuer: Issuer; readonly size: Size };
