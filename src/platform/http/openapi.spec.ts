import { describe, expect, it } from '@jest/globals';
import type { OpenAPIObject } from '@nestjs/swagger';
import { completeDocument } from './openapi.js';

const content = { 'application/json': { schema: { $ref: '#/components/schemas/Wish' } } };

const generated = (): OpenAPIObject =>
  ({
    openapi: '3.1.0',
    info: { title: 'x', version: '1' },
    paths: {
      '/b': {
        post: {
          operationId: 'Wishes_make',
          requestBody: { content: structuredClone(content) },
          responses: { 201: { description: '' } },
          'x-permissions': { all: ['wish:write'] },
        },
      },
      '/a': {
        get: {
          operationId: 'Wishes_look[1]',
          responses: { 200: { description: 'All of them' } },
          'x-permissions': { public: true },
        },
      },
    },
    components: {
      schemas: {
        Wish: { type: 'object', properties: { text: { type: 'string', example: 'snow' }, note: { type: 'string' } } },
        Answer: { type: 'object' },
      },
    },
  }) as unknown as OpenAPIObject;

describe('completeDocument', () => {
  const document = completeDocument(generated());

  it('sorts paths and schemas', () => {
    expect(Object.keys(document.paths)).toEqual(['/a', '/b']);
    expect(Object.keys(document.components?.schemas ?? {})).toEqual(['Answer', 'Wish']);
  });

  it('makes an example of the fields that have one, and refuses unknown fields', () => {
    expect(document.paths['/b']?.post).toMatchObject({
      requestBody: { content: { 'application/json': { example: { text: 'snow' } } } },
    });
    expect(document.components?.schemas?.['Wish']).toMatchObject({ additionalProperties: false });
    expect(document.components?.schemas?.['Answer']).not.toHaveProperty('additionalProperties');
  });

  it('adds the problems of every operation, and keeps those that are there', () => {
    expect(Object.keys(document.paths['/b']?.post?.responses ?? {})).toEqual(['201', '400', '401', '403']);
    expect(Object.keys(document.paths['/a']?.get?.responses ?? {})).toEqual(['200', '400']);
    const kept = generated();
    const operation = kept.paths['/b']?.post;
    Object.assign(operation?.responses ?? {}, { 403: { description: 'Only at Christmas' } });
    expect(completeDocument(kept).paths['/b']?.post?.responses[403]).toEqual({ description: 'Only at Christmas' });
  });

  it('says that public operations need no sign-in, and nothing about the others', () => {
    expect(document.paths['/a']?.get?.security).toEqual([]);
    expect(document.paths['/b']?.post?.security).toBeUndefined();
  });

  it('names operations as programs can, and describes what has no words', () => {
    expect(document.paths['/a']?.get?.operationId).toBe('Wishes_look_1');
    expect(document.paths['/b']?.post?.responses[201]).toMatchObject({ description: 'Created' });
    expect(document.paths['/a']?.get?.responses[200]).toMatchObject({ description: 'All of them' });
  });
});
