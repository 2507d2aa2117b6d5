import type { Hostile } from './shape.ts';
import type { Issuer } from '../issuer.ts';
import { jwt, part, signedBy } from '../make.ts';

/** Shapes that are no token, or come by another way than the one promised. */
export const byFormat = (issuer: Issuer): Hostile[] => {
  const { keys, good, headerOf, token } = issuer;
  const whole = token();
  const [header = '', payload = '', signature = ''] = whole.split('.');
  const signed = (content: unknown) => jwt(headerOf(keys.EdDSA), content, signedBy(keys.EdDSA));
  const values: Record<string, string> = {
    'Bearer alone': 'Bearer',
    'Bearer and blanks': 'Bearer    ',
    'no scheme': whole,
    'another scheme': `Basic ${whole}`,
    'the scheme Token': `Token ${whole}`,
    'Bearer with a comma': `Bearer,${whole}`,
    'Bearer with a colon': `Bearer:${whole}`,
    'a tab after Bearer': `Bearer\t${whole}`,
    'two schemes': `Bearer Bearer ${whole}`,
    'two tokens': `Bearer ${whole} ${whole}`,
    'two tokens with a comma': `Bearer ${whole}, Bearer ${whole}`,
    'in quotes': `Bearer "${whole}"`,
    'one part': `Bearer ${header}`,
    'two parts': `Bearer ${header}.${payload}`,
    'four parts': `Bearer ${whole}.${signature}`,
    'five parts, like an encrypted one': `Bearer ${header}.${payload}.${payload}.${payload}.${signature}`,
    'three empty parts': 'Bearer ..',
    'no header': `Bearer .${payload}.${signature}`,
    'a detached payload': `Bearer ${header}..${signature}`,
    'a header that is no JSON': `Bearer ${part('{alg')}.${payload}.${signature}`,
    'a header that is a list': `Bearer ${part([{ alg: 'EdDSA' }])}.${payload}.${signature}`,
    'a payload that is no JSON': `Bearer ${signed('no JSON')}`,
    'a payload that is a list': `Bearer ${signed([good()])}`,
    'a payload that is null': `Bearer ${signed('null')}`,
    'a payload that is a text': `Bearer ${signed('"text"')}`,
    'a payload cut short': `Bearer ${signed(JSON.stringify(good()).slice(0, -1))}`,
    'parts in base64 with padding': `Bearer ${header}=.${payload}=.${signature}==`,
    'a JWS as JSON': `Bearer ${part({ payload, signatures: [{ protected: header, signature }] })}`,
    'more than 8 KB, otherwise good': `Bearer ${token({ padding: 'x'.repeat(8_192) })}`,
    '12 KB of nothing': `Bearer ${'a'.repeat(12_000)}`,
    '4,000 dots': `Bearer ${'.'.repeat(4_000)}`,
    'a Latin letter beyond ASCII': `Bearer ${whole}é`,
  };
  const good1 = `Bearer ${whole}`;
  const others: Hostile[] = [
    { name: 'none at all', headers: [] },
    { name: 'an empty header', headers: ['authorization', ''] },
    { name: 'two headers, the first good', headers: ['authorization', good1, 'Authorization', 'Bearer x.y.z'] },
    { name: 'two headers, the second good', headers: ['Authorization', 'Bearer x.y.z', 'authorization', good1] },
    { name: 'two headers, both good', headers: ['authorization', good1, 'authorization', `Bearer ${token()}`] },
    { name: 'in a cookie', headers: ['cookie', `access_token=${whole}; token=${whole}`] },
    { name: 'in the query', headers: [], query: `?access_token=${whole}` },
    { name: 'in a header of a proxy', headers: ['x-forwarded-authorization', good1, 'x-authorization', good1] },
    { name: 'as a claim of who one is', headers: ['x-user-id', String(good()['sub']), 'x-roles', 'mentor'] },
    { name: 'to a proxy', headers: ['proxy-authorization', good1] },
  ];
  const plain = Object.entries(values).map(([name, value]) => ({ name, headers: ['authorization', value] }));
  return [...plain, ...others];
};
