# Fits y = w0 + w1*x1 + w2*x2 + ... to a CSV file by gradient descent, on the data that DAAA has staged. Needs nothing but sh and awk.
#   train.sh FILE EPOCHS      FILE below /data/cos, with a line of names; its last column is y
# Writes the model to /models and a report to /workspace.
set -eu
data=/data/cos/$1
epochs=$2
name=$(basename "$1" .csv)
echo "training on $data ($(($(wc -l <"$data") - 1)) rows) as uid $(id -u)"

awk -F, -v epochs="$epochs" -v model="/models/$name.model" -v report=/workspace/report.txt '
NR == 1 { columns = NF; for (j = 1; j <= NF; j++) title[j] = $j; next }
{ n++; for (j = 1; j <= NF; j++) { x[n, j] = $j; sum[j] += $j } }
END {
  if (n < columns) { print "only " n " rows" >"/dev/stderr"; exit 1 }
  # Columns are scaled to mean 0 and mean deviation 1, so that one step size fits all.
  for (j = 1; j <= columns; j++) {
    mean[j] = sum[j] / n
    for (i = 1; i <= n; i++) { x[i, j] -= mean[j]; dev[j] += (x[i, j] < 0 ? -x[i, j] : x[i, j]) / n }
    if (dev[j] == 0) dev[j] = 1
    for (i = 1; i <= n; i++) x[i, j] /= dev[j]
    variance = 0
    for (i = 1; i <= n; i++) variance += x[i, j] * x[i, j] / n  # the last one is that of y
  }
  for (epoch = 1; epoch <= epochs; epoch++) {
    loss = 0
    for (j = 1; j < columns; j++) slope[j] = 0
    for (i = 1; i <= n; i++) {
      error = -x[i, columns]
      for (j = 1; j < columns; j++) error += w[j] * x[i, j]
      loss += error * error
      for (j = 1; j < columns; j++) slope[j] += error * x[i, j]
    }
    for (j = 1; j < columns; j++) w[j] -= 0.01 * slope[j] / n
    if (epoch % (epochs / 5 > 1 ? int(epochs / 5) : 1) == 0) { printf "epoch %d loss %.6f\n", epoch, loss / n; fflush() }
  }
  bias = mean[columns]
  for (j = 1; j < columns; j++) { scaled[j] = w[j] * dev[columns] / dev[j]; bias -= scaled[j] * mean[j] }
  printf "bias %.4f\n", bias >model
  for (j = 1; j < columns; j++) printf "%s %.4f\n", title[j], scaled[j] >model
  printf "%s: %d rows, %d epochs, r2 %.4f\n", title[columns], n, epochs, 1 - loss / n / variance >report
  printf "wrote %s and %s\n", model, report
}' "$data"
