/** A file that is known to the byte before it is fetched. */
export interface PinnedFile {
  /** Path below the address it is fetched from, and below the folder of the model. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256, hexadecimal. */
  readonly sha256: string;
}

/**
 * multilingual-e5-small (Wang et al., 2024; MIT licence): 384 dimensions, about 100 languages, weights of 4 bits in
 * blocks of 32. This form of the weights is not the model's authors' but this project's operator's.
 */
export const E5_SMALL: readonly PinnedFile[] = [
  { path: 'config.json', size: 334, sha256: '0bb3d15f9db8248cb88cc8fa4402c66417ff00dd9866f354a14669e3218f3cd3' },
  {
    path: 'tokenizer_config.json',
    size: 255,
    sha256: '07dec8bb9cdbaac063991c5873d4f4bb047b626fdf2814fceb6d312e6f6e0435',
  },
  {
    path: 'tokenizer.json',
    size: 9_280_257,
    sha256: '11f2a418876cd39126c51a2ad4dec105d21e10efbae1a1cbd8645f7e52328918',
  },
  {
    path: 'onnx/model_q4.onnx',
    size: 75_852_956,
    sha256: '993226eae9ab1b947712146e78a1d1a2fdbcf9dbfe331b6bef89a55d14b912ae',
  },
];
