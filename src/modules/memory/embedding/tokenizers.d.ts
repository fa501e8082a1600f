/** What is used of the library. Its own types are written for bundlers: Node's resolution finds none of their parts. */
declare module '@huggingface/tokenizers' {
  export class Tokenizer {
    /** @param tokenizer content of tokenizer.json @param config content of tokenizer_config.json */
    constructor(tokenizer: object, config: object);
    /** The tokens of a text with those that begin and end it. */
    encode(text: string): { readonly ids: number[] };
  }
}
