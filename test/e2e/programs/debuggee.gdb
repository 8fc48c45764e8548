set pagination off
set confirm off
set debuginfod enabled off
break step if n == 3
run
echo [breakpoint]\n
print counter
stepi
stepi
echo [stepped]\n
info symbol $pc
next
echo [next]\n
watch watched
continue
echo [watch]\n
bt
delete
rwatch read_often
continue
echo [rwatch]\n
delete
hbreak step
info breakpoints
kill
run
echo [hbreak]\n
delete
set can-use-hw-watchpoints 0
watch counter
continue
echo [software watch]\n
delete
continue
quit
