/**
 * Solves `matrix · x = vector` for a symmetric positive definite matrix, by Cholesky's
 * decomposition (Golub & Van Loan, Matrix Computations, algorithm 4.2.1).
 *
 * @param matrix n x n, row by row; only its lower triangle is read
 * @param vector n values
 * @throws RangeError when the matrix is not positive definite
 */
export function solveSymmetric(matrix: Float64Array, vector: Float64Array): Float64Array {
  const n = vector.length;
  const lower = new Float64Array(n * n);
  for (let row = 0; row < n; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = at(matrix, row * n + column);
      for (let k = 0; k < column; k++) sum -= at(lower, row * n + k) * at(lower, column * n + k);
      if (row === column && !(sum > 0)) throw new RangeError('The matrix is not positive definite');
      lower[row * n + column] = row === column ? Math.sqrt(sum) : sum / at(lower, column * (n + 1));
    }
  }
  const solution = Float64Array.from(vector);
  for (let row = 0; row < n; row++) {
    for (let k = 0; k < row; k++) solution[row] = at(solution, row) - at(lower, row * n + k) * at(solution, k);
    solution[row] = at(solution, row) / at(lower, row * (n + 1));
  }
  for (let row = n - 1; row >= 0; row--) {
    for (let k = row + 1; k < n; k++) solution[row] = at(solution, row) - at(lower, k * n + row) * at(solution, k);
    solution[row] = at(solution, row) / at(lower, row * (n + 1));
  }
  return solution;
}

function at(values: Float64Array, index: number): number {
  return values[index] ?? NaN;
}
