// Command floor is what a Go program costs that does nothing: the floor under the
// start of any command.
package main

import "fmt"

func main() { fmt.Println("hello") }
