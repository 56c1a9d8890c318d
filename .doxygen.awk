# A filter for Doxygen: in a block of /// comments, everything behind the first blank line is verbatim.
/^ *\/\/\/( |$)/ {
  if ($0 ~ /^ *\/\/\/ *$/ && !verbatim) {
    print
    print "/// \\verbatim"
    verbatim = 1
    next
  }
  print
  next
}
{
  if (verbatim) print "/// \\endverbatim"
  verbatim = 0
  print
}
