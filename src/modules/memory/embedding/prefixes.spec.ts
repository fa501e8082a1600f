import { describe, expect, it } from '@jest/globals';
import { prefixesOf, prefixSuffix } from './prefixes.js';

describe('prefixes', () => {
  it.each(['multilingual-e5-small', 'e5-large-v2', 'intfloat/e5-base', 'E5', 'e5:latest'])(
    'of %s are those of e5',
    (name) => {
      expect(prefixesOf('auto', name)).toEqual({ query: 'query: ', passage: 'passage: ' });
      expect(prefixSuffix('auto', name)).toBe('');
      expect(prefixSuffix('e5', name)).toBe('');
      expect(prefixSuffix('none', name)).toBe('+none');
    },
  );

  it.each(['all-MiniLM-L6-v2', 'nomic-embed-text', 'text-embedding-3-small', 'bge5', 'e50'])(
    'of %s are empty',
    (name) => {
      expect(prefixesOf('auto', name)).toEqual({ query: '', passage: '' });
      expect(prefixSuffix('none', name)).toBe('');
      expect(prefixSuffix('e5', name)).toBe('+e5');
    },
  );
});
