/** What consumers may build on, in the words of the design; shown on the page and in the AsyncAPI document. */
export const guarantees: readonly (readonly [what: string, means: string])[] = [
  ['At least once.', 'A copy may come at any time, also a year later: make the effect happen once.'],
  ['The same id for a copy.', 'id, AMQP messageId and your inbox key are one and the same, for ever.'],
  [
    'Order per aggregate.',
    'The first copies of one session’s events are on the wire in sequence order; between sessions there is none. Several consumers of one queue have no order between them: compare sequence. Gaps are possible.',
  ],
  [
    'Additive within a version.',
    'Ignore fields that you do not know, refuse versions that you do not know. Anything but an addition is a new version beside the old one.',
  ],
  [
    'How far replays reach.',
    'An event is sent again only if a relay dies between publishing and marking, or if an operator replays it. There is no history on the broker: your queue receives what is published while it exists, so declare it before you need it. What was before, operators send to your queue alone, under the same ids and in order, as far back as it is kept (ops events resend; 30 days unless they say otherwise). The folder examples has services to begin from; examples/webhooks hands events on over HTTP.',
  ],
  [
    'Your queue and your dead letters are yours.',
    'You name it <service>.<event>, declare it, bind it, watch it. Nobody else consumes from it or empties it.',
  ],
];
