// What Go's client makes of the server.
//
//	go run client.go URL      prints a line of JSON for each answer: [what, status, length of the content]
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

func main() {
	base := os.Args[1]
	for round := 0; round < 3; round++ {
		ask("PUT", "PUT", base+"/keys/go/a", strings.NewReader("abc"), nil)
		ask("GET", "GET", base+"/keys/go/a", nil, nil)
		ask("PUT, chunked", "PUT", base+"/keys/go/b", io.MultiReader(strings.NewReader("hello"), strings.NewReader("!")), nil)
		ask("GET, chunked", "GET", base+"/keys/go/b", nil, nil)
		ask("PUT, expecting", "PUT", base+"/keys/go/c", strings.NewReader("abc"), map[string]string{"Expect": "100-continue"})
		ask("HEAD", "HEAD", base+"/keys/go/a", nil, nil)
		ask("GET, part", "GET", base+"/keys/go/a", nil, map[string]string{"Range": "bytes=1-1"})
		ask("POST", "POST", base+"/keys/go/count?op=incr", nil, nil)
	}
	ask("DELETE", "DELETE", base+"/keys/go/a", nil, nil)
}

func ask(what, method, target string, content io.Reader, fields map[string]string) {
	request, err := http.NewRequest(method, target, content)
	check(err)
	for name, value := range fields {
		request.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(request)
	check(err)
	defer answer.Body.Close()
	bytes, err := io.ReadAll(answer.Body)
	check(err)
	line, err := json.Marshal([]any{what, answer.StatusCode, len(bytes)})
	check(err)
	fmt.Println(string(line))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
