/* What gdb debugs inside the guest: values that change at known times. Built without optimisation. */
#include <stdio.h>

volatile int counter;
volatile int watched;
volatile int read_often = 5;

void step(int n)
{
    counter += n;
    if (n == 7)
        watched = counter;
}

int main(void)
{
    for (int i = 0; i < 10; i++)
        step(i);
    printf("counter %d, watched %d, read %d\n", counter, watched, read_often);
    return 0;
}
