/**
 * Writes `tiny-model`: a real ONNX model and tokenizer of a few KB, so that tests go the way of a real model.
 *
 *     node --import ./scripts/ts-hooks.mjs test/support/embedding/make-tiny-model.ts
 *
 * Words are cut into pairs of letters, and each pair has a vector of its own: the sines of its number times 64 fixed
 * frequencies. So texts are the more similar the more words or stems they share, and nothing is stored but frequencies.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, 'tiny-model');
const DIMENSIONS = 64;
const MAX_TOKENS = 64;
const SPECIALS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'];
const LETTERS = [...'abcdefghijklmnopqrstuvwxyz0123456789'];

/** Frequency of each dimension: fractions of the golden ratio, which no two tokens meet in the same way. */
const frequencies = Array.from({ length: DIMENSIONS }, (_, i) => 0.7 + (((i + 1) * 0.6180339887498949) % 1) * 2.3);

// --- the wire format of ONNX (protobuf; field numbers of onnx.proto3) ---
type Field = readonly [number: number, value: number | string | Buffer];

function varint(value: number): Buffer {
  const bytes = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

function message(...fields: Field[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([number, value]) => {
      if (typeof value === 'number') return [varint(number << 3), varint(value)];
      const bytes = Buffer.from(value);
      return [varint((number << 3) | 2), varint(bytes.length), bytes];
    }),
  );
}

const FLOAT = 1;
const INT64 = 7;

function tensor(name: string, type: number, dims: readonly number[], data: Float32Array | BigInt64Array): Buffer {
  const raw = Buffer.from(data.buffer);
  return message(...dims.map((dim): Field => [1, dim]), [2, type], [8, name], [9, raw]);
}

function value(name: string, type: number, dims: readonly (string | number)[]): Buffer {
  const shape = message(...dims.map((dim): Field => [1, message([typeof dim === 'string' ? 2 : 1, dim])]));
  return message([1, name], [2, message([1, message([1, type], [2, shape])])]);
}

function node(operator: string, inputs: readonly string[], output: string, ...attributes: Buffer[]): Buffer {
  return message(
    ...inputs.map((input): Field => [1, input]),
    [2, output],
    [3, output],
    [4, operator],
    ...attributes.map((attribute): Field => [5, attribute]),
  );
}

/** An attribute that is an integer. */
const integer = (name: string, number: number): Buffer => message([1, name], [3, number], [20, 2]);

/** `last_hidden_state[b, s, d] = weight(id) * sin(id * frequency[d])`; special tokens weigh a tenth. */
export function tinyOnnx(width = DIMENSIONS, firstInput = 'input_ids'): Buffer {
  const graph = message(
    [1, node('Unsqueeze', [firstInput, 'axis'], 'ids')],
    [1, node('Cast', ['ids'], 'numbers', integer('to', FLOAT))],
    [1, node('Mul', ['numbers', 'frequencies'], 'angles')],
    [1, node('Sin', ['angles'], 'sines')],
    [1, node('Greater', ['ids', 'last_special'], 'is_word')],
    [1, node('Where', ['is_word', 'one', 'tenth'], 'weights')],
    [1, node('Mul', ['sines', 'weights'], 'last_hidden_state')],
    [2, 'tiny'],
    [5, tensor('axis', INT64, [1], new BigInt64Array([2n]))],
    [5, tensor('frequencies', FLOAT, [width], new Float32Array(frequencies.slice(0, width)))],
    [5, tensor('last_special', INT64, [1], new BigInt64Array([BigInt(SPECIALS.length - 1)]))],
    [5, tensor('one', FLOAT, [1], new Float32Array([1]))],
    [5, tensor('tenth', FLOAT, [1], new Float32Array([0.1]))],
    ...[firstInput, 'attention_mask', 'token_type_ids'].map((name): Field => [
      11,
      value(name, INT64, ['batch', 'sequence']),
    ]),
    [12, value('last_hidden_state', FLOAT, ['batch', 'sequence', width])],
  );
  // IR version 8, operators of version 17.
  return message([1, 8], [2, 'family-assistant'], [7, graph], [8, message([2, 17])]);
}

function tokenizer(): object {
  const pairs = LETTERS.slice(0, 26).flatMap((a) => LETTERS.slice(0, 26).map((b) => a + b));
  const pieces = [...LETTERS, ...pairs];
  const vocab = [...SPECIALS, ...pieces, ...pieces.map((piece) => `##${piece}`)];
  const special = (content: string, id: number): object => ({
    ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
  });
  return {
    version: '1.0',
    added_tokens: SPECIALS.map(special),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: true,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        { SpecialToken: { id: '[CLS]', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '[SEP]', type_id: 0 } },
      ],
      pair: [],
      special_tokens: {
        '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
        '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
      },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocab.map((piece, id) => [piece, id])),
    },
  };
}

if (import.meta.filename === process.argv[1]) {
  mkdirSync(join(FOLDER, 'onnx'), { recursive: true });
  const write = (name: string, content: object): void => {
    writeFileSync(join(FOLDER, name), Buffer.isBuffer(content) ? content : `${JSON.stringify(content)}\n`);
  };
  write('config.json', {
    model_type: 'bert',
    hidden_size: DIMENSIONS,
    max_position_embeddings: MAX_TOKENS,
    pad_token_id: 0,
  });
  write('tokenizer_config.json', {
    ...{
      tokenizer_class: 'BertTokenizer',
      unk_token: '[UNK]',
      pad_token: '[PAD]',
      cls_token: '[CLS]',
      sep_token: '[SEP]',
    },
    model_max_length: MAX_TOKENS,
  });
  write('tokenizer.json', tokenizer());
  write('onnx/model.onnx', tinyOnnx());
}
