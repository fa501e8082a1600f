import { describe, expect, it } from '@jest/globals';
import { DatasetError, readDataset } from '../../src/modules/memory/evaluation/index.js';

const dataset = (evidence: unknown, more: object = {}): string =>
  JSON.stringify([
    {
      sample_id: 'one',
      conversation: {
        speaker_a: 'Ana',
        speaker_b: 'Ben',
        session_10_date_time: '12:05 am on 9 June, 2023',
        session_10: [{ speaker: 'Ben', dia_id: 'D10:1', text: 'Look', blip_caption: 'a photo of a cat' }],
        session_2_date_time: '1:56 pm on 8 May, 2023',
        session_2: [
          { speaker: 'Ana', dia_id: 'D2:1', text: 'Hello' },
          { speaker: 'Ben', dia_id: 'D2:2', text: 'Hi' },
        ],
        ...more,
      },
      qa: [{ question: 'Who?', answer: 'Ben', evidence, category: 4 }],
    },
  ]);

describe('readDataset', () => {
  it('reads sessions in the order of their numbers, with times and captions', () => {
    const [sample] = readDataset(dataset(['D2:1']));
    expect(sample?.turns.map(({ id, text, occurredAt }) => [id, text, occurredAt.toISOString()])).toEqual([
      ['D2:1', 'Hello', '2023-05-08T13:56:00.000Z'],
      ['D2:2', 'Hi', '2023-05-08T13:56:01.000Z'],
      ['D10:1', 'Look [a photo of a cat]', '2023-06-09T00:05:00.000Z'],
    ]);
  });

  it.each([
    [
      ['D2:1; D10:1', 'D2:2'],
      ['D2:1', 'D10:1', 'D2:2'],
    ],
    [['D2:01', 'D2:1'], ['D2:1']],
    [['D', 'D:2:1', 'D9:9', 'D2:2'], ['D2:2']],
  ])('evidence %j is %j', (written, read) => {
    expect(readDataset(dataset(written))[0]?.questions[0]?.evidence).toEqual(read);
  });

  it('drops questions without any evidence', () => {
    expect(readDataset(dataset(['D7:7']))[0]?.questions).toEqual([]);
  });

  it.each([
    ['no JSON', '{'],
    ['no array', '{}'],
    ['nothing', '[]'],
    ['no conversation', '[{"sample_id": "x", "qa": []}]'],
    ['no time', dataset([], { session_2_date_time: 'yesterday' })],
    ['no text', dataset([], { session_2: [{ speaker: 'Ana', dia_id: 'D2:1' }] })],
    [
      'the same id twice',
      dataset([], {
        session_3_date_time: '1:56 pm on 8 May, 2023',
        session_3: [{ speaker: 'Ana', dia_id: 'D2:1', text: 'x' }],
      }),
    ],
  ])('refuses %s', (_, text) => {
    expect(() => readDataset(text)).toThrow(DatasetError);
  });
});
