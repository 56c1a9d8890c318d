# A filter for Doxygen: a block of /// comments becomes one of its block comments, in which everything behind the
# first blank line is verbatim.
/^ *\/\/\/( |$)/ {
  if (!open) print "/**"
  open = 1
  sub(/^ *\/\/\/ ?/, "")
  if ($0 == "" && !verbatim) {
    print "\\verbatim"
    verbatim = 1
  } else {
    print
  }
  next
}
{
  if (verbatim) print "\\endverbatim"
  if (open) print "*/"
  open = verbatim = 0
  print
}
